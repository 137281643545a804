//! Okta's `search` and `filter` expressions: `eq`, `ne`, `sw`, `co`, `pr`,
//! joined by `and`, `or`, `not` and parentheses. Values ignore case, names do not.
//! Knows no users and groups: it asks for attributes by name.

/// A parsed expression.
pub(super) enum Search {
    Test(String, Operator, String),
    And(Box<Search>, Box<Search>),
    Or(Box<Search>, Box<Search>),
    Not(Box<Search>),
}

#[derive(Clone, Copy)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    StartsWith,
    Contains,
    Present,
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
}

impl Search {
    /// Nothing if the text is no expression (Okta: 400 E0000031).
    pub(super) fn parse(text: &str) -> Option<Search> {
        let mut tokens = tokens(text)?;
        tokens.reverse();
        let search = either(&mut tokens)?;
        tokens.is_empty().then_some(search)
    }

    /// Whether something with these attributes is found.
    pub(super) fn finds(&self, attribute: &dyn Fn(&str) -> Option<String>) -> bool {
        match self {
            Search::And(left, right) => left.finds(attribute) && right.finds(attribute),
            Search::Or(left, right) => left.finds(attribute) || right.finds(attribute),
            Search::Not(inner) => !inner.finds(attribute),
            Search::Test(name, operator, wanted) => {
                let value = attribute(name).map(|value| value.to_lowercase());
                let Some(value) = value else {
                    return matches!(operator, Operator::NotEqual);
                };
                match operator {
                    Operator::Equal => value == *wanted,
                    Operator::NotEqual => value != *wanted,
                    Operator::StartsWith => value.starts_with(wanted),
                    Operator::Contains => value.contains(wanted),
                    Operator::Present => true,
                }
            }
        }
    }

    /// Every attribute that the expression names.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Search::And(left, right) | Search::Or(left, right) => {
                let mut names = left.names();
                names.extend(right.names());
                names
            }
            Search::Not(inner) => inner.names(),
            Search::Test(name, ..) => vec![name],
        }
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            ' ' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut value = String::new();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => value.push(rest.next()?),
                        other => value.push(other),
                    }
                }
                tokens.push(Token::Text(value));
            }
            other => {
                let mut word = String::from(other);
                while let Some(more) = rest.next_if(|next| !" ()\"".contains(*next)) {
                    word.push(more);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

fn either(tokens: &mut Vec<Token>) -> Option<Search> {
    let mut left = both(tokens)?;
    while keyword(tokens, "or") {
        left = Search::Or(Box::new(left), Box::new(both(tokens)?));
    }
    Some(left)
}

fn both(tokens: &mut Vec<Token>) -> Option<Search> {
    let mut left = single(tokens)?;
    while keyword(tokens, "and") {
        left = Search::And(Box::new(left), Box::new(single(tokens)?));
    }
    Some(left)
}

fn single(tokens: &mut Vec<Token>) -> Option<Search> {
    if keyword(tokens, "not") {
        return Some(Search::Not(Box::new(single(tokens)?)));
    }
    match tokens.pop()? {
        Token::Open => {
            let inner = either(tokens)?;
            (tokens.pop()? == Token::Close).then_some(inner)
        }
        Token::Word(name) => test(name, tokens),
        _ => None,
    }
}

fn test(name: String, tokens: &mut Vec<Token>) -> Option<Search> {
    let Token::Word(operator) = tokens.pop()? else {
        return None;
    };
    let operator = match operator.to_lowercase().as_str() {
        "eq" => Operator::Equal,
        "ne" => Operator::NotEqual,
        "sw" => Operator::StartsWith,
        "co" => Operator::Contains,
        "pr" => return Some(Search::Test(name, Operator::Present, String::new())),
        _ => return None,
    };
    let value = match tokens.pop()? {
        Token::Text(text) => text,
        Token::Word(word) if word == "true" || word == "false" || word.parse::<f64>().is_ok() => {
            word
        }
        _ => return None,
    };
    Some(Search::Test(name, operator, value.to_lowercase()))
}

fn keyword(tokens: &mut Vec<Token>, word: &str) -> bool {
    match tokens.last() {
        Some(Token::Word(next)) if next.eq_ignore_ascii_case(word) => tokens.pop().is_some(),
        _ => false,
    }
}
