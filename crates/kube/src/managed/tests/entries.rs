//! The list in the metadata.

use super::*;

#[test]
fn entries_survive_being_stored() {
    let stored = json!([
        {"manager": "alpha", "operation": "Apply", "apiVersion": GV, "time": T1, "fieldsType": "FieldsV1",
         "fieldsV1": {"f:spec": {"f:lookupPolicy": {"f:local": {}}}}},
        {"manager": "curl", "operation": "Update", "apiVersion": GV, "time": T2, "fieldsType": "FieldsV1",
         "subresource": "status", "fieldsV1": {"f:status": {"f:dockerImageRepository": {}}}},
    ]);
    let managed = ManagedFields::parse(stored.as_array().unwrap()).unwrap();
    assert_eq!(managed.entries[1].subresource, "status");
    assert_eq!(Value::Array(managed.to_values()), stored);
    let mut object = stream(&json!({}));
    managed.store(&mut object);
    assert_eq!(object["metadata"]["managedFields"], stored);
    assert_eq!(ManagedFields::of(&object), managed);
}

#[test]
fn an_entry_that_makes_no_sense_spoils_the_list() {
    let good = json!({"manager": "a", "operation": "Apply", "apiVersion": GV, "fieldsType": "FieldsV1", "fieldsV1": {}});
    assert!(ManagedFields::parse(std::slice::from_ref(&good)).is_ok());
    for (member, value, error) in [
        ("operation", json!("Delete"), BadEntry::Member("operation")),
        ("fieldsType", json!("FieldsV2"), BadEntry::Member("fieldsType")),
        ("apiVersion", json!(null), BadEntry::Member("apiVersion")),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert_eq!(ManagedFields::parse(&[good.clone(), bad]).unwrap_err(), error);
    }
    let mut bad = good.clone();
    bad["fieldsV1"] = json!({"x": {}});
    assert_eq!(ManagedFields::parse(&[bad]).unwrap_err().to_string(), "not a set of fields: \"x\"");
}
