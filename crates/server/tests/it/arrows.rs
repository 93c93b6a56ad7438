use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The table in `docs/ARCHITECTURE.md`.
fn allowed(root: &Path) -> Arrows {
    let text = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("<!-- arrows").expect("the table is marked");
    let rows = table.lines().skip(3).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = cells[1].split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        (cells[0].to_owned(), names.collect())
    })
    .collect()
}

/// What the manifests say: dependencies proper, and those of tests.
fn actual(root: &Path) -> (Arrows, Arrows) {
    let mut arrows = (Arrows::new(), Arrows::new());
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        let folder = entry.unwrap();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let own = |section: &str| -> BTreeSet<String> {
            let names =
                manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
            names.filter_map(|name| name.strip_prefix("weir-")).map(str::to_owned).collect()
        };
        let name = folder.file_name().into_string().unwrap();
        arrows.0.insert(name.clone(), own("dependencies"));
        arrows.1.insert(name, own("dev-dependencies"));
    }
    arrows
}

#[test]
fn nobody_knows_whom_they_should_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let allowed = allowed(&root);
    let (dependencies, of_tests) = actual(&root);
    assert_eq!(
        allowed.keys().collect::<Vec<_>>(),
        dependencies.keys().collect::<Vec<_>>(),
        "the table names every crate"
    );
    for (name, used) in &dependencies {
        let forbidden: Vec<_> = used.difference(&allowed[name]).collect();
        assert!(forbidden.is_empty(), "{name} may not depend on {forbidden:?}");
        assert!(!used.contains("testkit"), "{name} uses the test kit outside its tests");
    }
    for (name, used) in &of_tests {
        let mut known = allowed[name].clone();
        known.insert("testkit".to_owned());
        let forbidden: Vec<_> = used.difference(&known).collect();
        assert!(forbidden.is_empty(), "the tests of {name} may not depend on {forbidden:?}");
    }
}
