//! Which attributes of an object a source can reach, so that its caller need not build the rest.

use std::convert::Infallible;

use super::walk::{self, Node};
use crate::value::tree::{Arguments, Block, CompareOp, Expr, ExprKind, Slot, Trailer};
use crate::value::{Str, Value};

/// What a source can read of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Paths of attributes; what lies behind the end of a path is used in a way that is not followed.
    paths: Vec<Vec<Str>>,
}

impl Reads {
    /// Whether the attribute at this path, or anything in it, may be read.
    pub fn reaches(&self, path: &[&str]) -> bool {
        self.paths.iter().any(|read| is_along(read, path))
    }

    /// The names that are read inside the object at `path`, or None where any of them may be.
    pub fn names(&self, path: &[&str]) -> Option<Vec<&str>> {
        let mut names: Vec<&str> = Vec::new();
        for read in self.paths.iter().filter(|read| is_along(read, path)) {
            let name: &str = read.get(path.len())?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Some(names)
    }

    pub(crate) fn of_expr(name: &str, expr: &Expr) -> Reads {
        Reads::found(|follower| follower.expr(expr), name)
    }

    pub(crate) fn of_block(name: &str, block: &Block) -> Reads {
        Reads::found(
            |follower| walk::block(block, &mut |node| follower.node(node)),
            name,
        )
    }

    fn found<'n>(go: impl FnOnce(&mut Follower<'n>) -> Followed, name: &'n str) -> Reads {
        let paths = Vec::new();
        let mut follower = Follower { name, paths };
        let Ok(()) = go(&mut follower);
        let mut paths = follower.paths;
        paths.sort();
        paths.dedup();
        Reads { paths }
    }
}

/// Whether one of the paths leads through the end of the other.
fn is_along(read: &[Str], path: &[&str]) -> bool {
    let mut both = read.iter().zip(path);
    both.all(|(there, asked)| **there == **asked)
}

/// Nothing can go wrong on the way.
type Followed = Result<(), Infallible>;

struct Follower<'n> {
    name: &'n str,
    paths: Vec<Vec<Str>>,
}

impl Follower<'_> {
    fn node(&mut self, node: Node<'_>) -> Followed {
        match node {
            Node::Expr(expr) => self.expr(expr),
            Node::Trailer(trailer) => walk::trailer(trailer, &mut |node| self.node(node)),
            Node::Name(name) => {
                if *name.text == *self.name {
                    self.paths.push(Vec::new());
                }
                Ok(())
            }
            Node::Bound(_) => Ok(()),
            Node::Function(function) => {
                function
                    .defaults
                    .iter()
                    .try_for_each(|default| self.expr(default))?;
                walk::block(&function.code.body, &mut |node| self.node(node))
            }
            Node::Comprehension(code) => walk::comprehension(code, &mut |node| self.node(node)),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Followed {
        match &expr.kind {
            ExprKind::Compare(first, rest) => {
                if let (Some(key), [(CompareOp::In | CompareOp::NotIn, container)]) =
                    (text(first), rest.as_slice())
                    && path_to(container, self.name).is_some()
                {
                    self.paths.push(vec![key]);
                    return Ok(());
                }
            }
            ExprKind::Trailers(base, trailers) => {
                if let Some(path) = path_to(base, self.name) {
                    follow(path, trailers, &mut self.paths);
                    let mut trailers = trailers.iter();
                    return trailers.try_for_each(|trailer| self.node(Node::Trailer(trailer)));
                }
                if let Some((path, default)) = named_attribute(base, trailers, self.name) {
                    self.paths.push(path);
                    return default.map_or(Ok(()), |default| self.expr(default));
                }
            }
            _ => {}
        }
        walk::expr(expr, &mut |node| self.node(node))
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
                if !attribute.methods().is_empty() {
                    paths.push(path.clone());
                }
                path.push(attribute.name.clone());
            }
            Trailer::Index(index) => match text(index) {
                Some(key) => path.push(key),
                None => break,
            },
            Trailer::Method(attribute, arguments) => {
                let key = match &*attribute.name {
                    "get" => arguments.positional.first().and_then(text),
                    _ => None,
                };
                // An object whose attribute it is, or a dict's entry.
                paths.push([path.as_slice(), std::slice::from_ref(&attribute.name)].concat());
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
    let (ExprKind::Name(function), [Trailer::Call(arguments)]) = (&base.kind, trailers) else {
        return None;
    };
    if function.slot.get() != Slot::Known || !matches!(&*function.text, "hasattr" | "getattr") {
        return None;
    }
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
