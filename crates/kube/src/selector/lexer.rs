//! Splitting a label selector into tokens, as apimachinery's lexer does: the error texts of the
//! parser quote its tokens, so the split has to be the same.

/// One token and the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    Open,
    Close,
    Comma,
    Not,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
    In,
    NotIn,
    Identifier,
}

/// All tokens, the last of which is the only [`Kind::End`].
pub(super) fn tokens(selector: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = selector;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        // A NUL byte ends the selector for the reference lexer too.
        let Some(first) = rest.chars().next().filter(|c| *c != '\0') else {
            found.push(Token { kind: Kind::End, text: String::new() });
            return found;
        };
        let (kind, length) = match symbol(first) {
            Some(single) => match &rest.as_bytes()[..rest.len().min(2)] {
                b"==" => (Kind::DoubleEquals, 2),
                b"!=" => (Kind::NotEquals, 2),
                _ => (single, 1),
            },
            None => word(rest),
        };
        let (text, after) = rest.split_at(length);
        found.push(Token { kind, text: text.to_owned() });
        rest = after;
    }
}

fn symbol(c: char) -> Option<Kind> {
    Some(match c {
        '(' => Kind::Open,
        ')' => Kind::Close,
        ',' => Kind::Comma,
        '!' => Kind::Not,
        '=' => Kind::Equals,
        '>' => Kind::Greater,
        '<' => Kind::Less,
        _ => return None,
    })
}

fn word(rest: &str) -> (Kind, usize) {
    let end = |c: char| symbol(c).is_some() || matches!(c, ' ' | '\t' | '\r' | '\n' | '\0');
    let length = rest.find(end).unwrap_or(rest.len());
    let kind = match &rest[..length] {
        "in" => Kind::In,
        "notin" => Kind::NotIn,
        _ => Kind::Identifier,
    };
    (kind, length)
}
