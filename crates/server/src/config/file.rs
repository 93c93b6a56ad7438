use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::layers::{Layer, Origin, Setting};
use super::problem::Problem;
use super::spec::{SPECS, find};

/// Reads a TOML file. A key that is not in the table of options is a mistake, never ignored.
pub(super) fn read(path: &Path) -> Result<Layer, Vec<Problem>> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) => {
            let origin = Origin::File { path: path.to_owned(), line: None };
            Err(vec![Problem { origin, text: format!("cannot be read: {error}") }])
        }
    }
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Layer, Vec<Problem>> {
    let origin = |at: usize| Origin::File { path: path.to_owned(), line: Some(line_of(text, at)) };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![Problem { origin: origin(at), text: error.message().to_owned() }]
    })?;
    let mut layer = Layer::default();
    let mut problems = Vec::new();
    let mut left = vec![(String::new(), table.into_inner())];
    while let Some((prefix, table)) = left.pop() {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let origin = origin(name.span().start);
            let text = match (value.into_inner(), find(&key)) {
                (DeValue::Table(inner), None) if is_section(&key) => {
                    left.push((format!("{key}."), inner));
                    continue;
                }
                (_, None) => Err(unknown(&key)),
                (DeValue::String(text), Some(_)) => Ok(text.into_owned()),
                (DeValue::Boolean(truth), Some(_)) => Ok(truth.to_string()),
                (DeValue::Integer(number), Some(_)) => Ok(number.to_string()),
                (other, Some(_)) => Err(format!("{key} cannot be {}", kind_of(&other))),
            };
            match text {
                Ok(text) => {
                    let spec = find(&key).expect("only keys of the table get a text");
                    layer.insert(spec.key, Setting { text, origin });
                }
                Err(text) => problems.push(Problem { origin, text }),
            }
        }
    }
    if problems.is_empty() { Ok(layer) } else { Err(problems) }
}

fn is_section(key: &str) -> bool {
    SPECS.iter().any(|spec| spec.key.split_once('.').is_some_and(|(section, _)| section == key))
}

fn unknown(key: &str) -> String {
    let near = SPECS.iter().map(|spec| (distance(spec.key, key), spec.key)).min();
    match near {
        Some((distance, near)) if distance <= 3 => format!("unknown key {key}; did you mean {near}?"),
        _ => format!("unknown key {key}"),
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// Number of letters to insert, remove or replace to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let problems = parse(Path::new("weir.toml"), text).unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_of_every_kind() {
        let text = "listen = '0.0.0.0:80'\n[limits]\nconnections = 7\n[deletes]\nenabled = false\n";
        let layer = parse(Path::new("weir.toml"), text).unwrap();
        let texts: Vec<_> = layer.iter().map(|(key, setting)| (*key, setting.text.as_str())).collect();
        assert_eq!(
            texts,
            [("deletes.enabled", "false"), ("limits.connections", "7"), ("listen", "0.0.0.0:80")]
        );
        let origin = layer["limits.connections"].origin.to_string();
        assert_eq!(origin, "weir.toml:3");
        assert!(parse(Path::new("weir.toml"), "limits.connections = 7").is_ok());
    }

    #[test]
    fn mistakes_say_where_they_stand() {
        for (text, said) in [
            ("# comment\nlisteen = 'x'\n", "weir.toml:2: unknown key listeen; did you mean listen?"),
            ("[limits]\n\nfrobnicate = 1\n", "weir.toml:3: unknown key limits.frobnicate"),
            ("[storage]\nkind = 's3'\n", "weir.toml:1: unknown key storage"),
            ("listen.port = 5\n", "weir.toml:1: listen cannot be a section"),
            ("\nlisten = ['a']\n", "weir.toml:2: listen cannot be a list"),
            ("limits = 5\n", "weir.toml:1: unknown key limits"),
        ] {
            assert_eq!(lines(text), [said], "{text}");
        }
        assert!(lines("listen = \n")[0].starts_with("weir.toml:1: "));
        assert_eq!(lines("a = 1\nb = 2\n").len(), 2, "all mistakes are reported at once");
    }
}
