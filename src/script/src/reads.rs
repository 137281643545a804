//! Which attributes of an object a source can reach, so that its caller need not build the rest.

use super::ast::{Arguments, CompareOp, Expr, ExprKind, Slot, Trailer};
use super::builtins::{Builtin, Known};
use super::methods::Method;
use super::text::Str;
use super::value::Value;
use super::walk;

/// What a source can read of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Paths of attributes; what lies behind the end of a path is used in a way that is not followed.
    paths: Vec<Vec<Str>>,
}

impl Reads {
    /// Whether the attribute at this path, or anything in it, may be read.
    pub fn reaches(&self, path: &[&str]) -> bool {
        let same = |read: &Vec<Str>| {
            read.iter()
                .zip(path)
                .all(|(there, asked)| **there == **asked)
        };
        self.paths.iter().any(same)
    }

    /// The names that are read inside the object at `path`, or None where any of them may be.
    pub fn names(&self, path: &[&str]) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        for read in self.paths.iter().filter(|read| {
            read.iter()
                .zip(path)
                .all(|(there, asked)| **there == **asked)
        }) {
            let name: &str = read.get(path.len())?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Some(names)
    }

    pub(super) fn of<'a>(name: &str, outermost: impl IntoIterator<Item = &'a Expr>) -> Reads {
        let mut paths = Vec::new();
        for expr in outermost {
            visit(expr, name, &mut paths);
        }
        paths.sort();
        paths.dedup();
        Reads { paths }
    }
}

fn visit(expr: &Expr, name: &str, paths: &mut Vec<Vec<Str>>) {
    match &expr.kind {
        ExprKind::Name(used) if *used.text == *name => paths.push(Vec::new()),
        ExprKind::Compare(first, rest) => match (text(first), rest.as_slice()) {
            (Some(key), [(CompareOp::In | CompareOp::NotIn, container)]) => {
                match path_to(container, name) {
                    Some(path) => paths.push(path.into_iter().chain([key]).collect()),
                    None => visit(container, name, paths),
                }
            }
            _ => walk::children(expr, &mut |inner| visit(inner, name, paths)),
        },
        ExprKind::Trailers(base, trailers) => match path_to(base, name) {
            Some(path) => {
                follow(path, trailers, paths);
                trailers.iter().for_each(|trailer| {
                    walk::trailer(trailer, &mut |inner| visit(inner, name, paths))
                });
            }
            None => match named_attribute(base, trailers, name) {
                Some((path, default)) => {
                    paths.push(path);
                    default.iter().for_each(|inner| visit(inner, name, paths));
                }
                None => walk::children(expr, &mut |inner| visit(inner, name, paths)),
            },
        },
        _ => walk::children(expr, &mut |inner| visit(inner, name, paths)),
    }
}

fn path_to(base: &Expr, name: &str) -> Option<Vec<Str>> {
    match &base.kind {
        ExprKind::Name(used) if *used.text == *name => Some(Vec::new()),
        _ => None,
    }
}

/// Notes the path that the trailers take.
fn follow(mut path: Vec<Str>, trailers: &[Trailer], paths: &mut Vec<Vec<Str>>) {
    for trailer in trailers {
        match trailer {
            Trailer::Attribute(attribute) => {
                // It may be a method, which sees all of its receiver.
                if attribute.method.is_some() {
                    paths.push(path.clone());
                }
                path.push(attribute.name.clone());
            }
            Trailer::Index(index) => match text(index) {
                Some(key) => path.push(key),
                None => break,
            },
            Trailer::Method(attribute, arguments) => {
                let key = match attribute.method {
                    Some(Method::Get) => arguments.positional.first().and_then(text),
                    _ => None,
                };
                // An object whose attribute it is, or a dict's entry.
                paths.push(
                    path.iter()
                        .cloned()
                        .chain([attribute.name.clone()])
                        .collect(),
                );
                path.extend(key);
                break;
            }
            _ => break,
        }
    }
    paths.push(path);
}

/// `hasattr(user.profile, "x")` and `getattr(user.profile, "x", default)`: the path, and the default.
fn named_attribute<'a>(
    base: &Expr,
    trailers: &'a [Trailer],
    name: &str,
) -> Option<(Vec<Str>, Option<&'a Expr>)> {
    let ExprKind::Name(function) = &base.kind else {
        return None;
    };
    let (
        Slot::Known(Known::Builtin(Builtin::Hasattr | Builtin::Getattr)),
        [Trailer::Call(arguments)],
    ) = (function.slot.get(), trailers)
    else {
        return None;
    };
    let Arguments { positional, named } = arguments;
    let (object, attribute, default) = match (positional.as_slice(), named.is_empty()) {
        ([object, attribute], true) => (object, attribute, None),
        ([object, attribute, default], true) => (object, attribute, Some(default)),
        _ => return None,
    };
    let mut path = match &object.kind {
        ExprKind::Trailers(base, inner) => {
            let mut path = path_to(base, name)?;
            for trailer in inner {
                match trailer {
                    Trailer::Attribute(attribute) => path.push(attribute.name.clone()),
                    _ => return None,
                }
            }
            path
        }
        _ => path_to(object, name)?,
    };
    path.push(text(attribute)?);
    Some((path, default))
}

fn text(expr: &Expr) -> Option<Str> {
    match &expr.kind {
        ExprKind::Constant(Value::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::Program;

    fn reads(source: &str) -> Reads {
        match Program::expression(source, &["user"]) {
            Ok(program) => program.reads("user"),
            Err(refusal) => panic!("{refusal}"),
        }
    }

    #[test]
    fn attributes_that_are_named_are_told() {
        let found =
            reads("user.status == 'A' and user.profile.login.lower() in (user.profile.email,)");
        assert!(found.reaches(&["status"]) && !found.reaches(&["created"]));
        assert_eq!(found.names(&["profile"]), Some(vec!["email", "login"]));
        assert_eq!(found.names(&[]), Some(vec!["profile", "status"]));
    }

    #[test]
    fn literal_names_of_hasattr_getattr_index_and_get_count_as_the_attribute() {
        let found = reads(
            "hasattr(user.profile, 'a') or getattr(user.profile, 'b', user.id) or user.type['c'] or user.type.get('d')",
        );
        assert_eq!(found.names(&["profile"]), Some(vec!["a", "b"]));
        assert!(
            found.reaches(&["id"])
                && found.reaches(&["type", "c"])
                && found.reaches(&["type", "d"])
        );
        assert!(!found.reaches(&["status"]));
    }

    #[test]
    fn a_literal_that_is_looked_for_in_a_dict_counts_as_its_key() {
        let found = reads("'a' in user or 'b' not in user and user['c']");
        assert_eq!(found.names(&[]), Some(vec!["a", "b", "c"]));
        assert_eq!(reads("'a' in user == True").names(&[]), None);
        assert_eq!(reads("user.id in user").names(&[]), None);
    }

    #[test]
    fn what_cannot_be_followed_reaches_everything() {
        for source in [
            "[user]",
            "getattr(user.profile, user.id)",
            "(lambda u: u.id)(user.profile)",
            "user.profile == 1",
        ] {
            assert_eq!(reads(source).names(&["profile"]), None, "{source}");
        }
        assert!(reads("[user]").reaches(&["created"]));
    }
}
