use std::fmt::Write as _;

use super::layers::Layer;
use super::spec::{SPECS, Unset};

/// The values that count and where each comes from, for `weir config check`.
pub(crate) fn table(settings: &Layer) -> String {
    let rows: Vec<[String; 3]> = SPECS
        .iter()
        .map(|spec| {
            let (value, origin) = match (settings.get(spec.key), spec.default) {
                (Some(setting), _) => (setting.text.clone(), setting.origin.to_string()),
                (None, Unset::Means(text) | Unset::Value(text)) => {
                    (format!("({text})"), "default".to_owned())
                }
            };
            [spec.key.to_owned(), value, origin]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (keys, values) = (width(0), width(1));
    let mut text = String::new();
    for [key, value, origin] in &rows {
        writeln!(text, "{key:keys$}  {value:values$}  {origin}").expect("a string takes everything");
    }
    text
}

/// A TOML file with every option, its meaning and its default, for `weir config reference`.
pub(crate) fn reference() -> String {
    let mut text = String::from(
        "# Every option of weir. Each one is also a flag (limits.page is --limits-page) and a variable\n\
         # (WEIR_LIMITS_PAGE). A flag counts before a variable, a variable before this file.\n",
    );
    let mut section = "";
    for spec in SPECS {
        let (within, name) = spec.key.split_once('.').unwrap_or(("", spec.key));
        if within != section {
            write!(text, "\n[{within}]\n").expect("a string takes everything");
            section = within;
        }
        let bare = spec.is_switch() || spec.value == "NUMBER";
        let line = match spec.default {
            Unset::Value(value) if bare => format!("# {name} = {value}"),
            Unset::Value(value) => format!("# {name} = \"{value}\""),
            Unset::Means(meaning) => format!("# {name} = \"…\"  # default: {meaning}"),
        };
        write!(text, "\n# {}. {}\n{line}\n", spec.help, spec.value).expect("a string takes everything");
    }
    text
}
