//! Which attributes of an object a source can reach, so that its caller need not build the rest.

use std::convert::Infallible;

use super::walk::{self, Node};
use crate::value::tree::{Block, CompareOp, Expr, ExprKind, Slot, Trailer};
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

    pub(crate) fn of(name: &str, block: &Block) -> Reads {
        let paths = Vec::new();
        let mut follower = Follower { name, paths };
        let Ok(()) = walk::block(block, &mut |node| follower.node(node));
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
            Node::Name(_) | Node::Bound(_) => Ok(()),
            Node::Function(function) => walk::function(function, &mut |node| self.node(node)),
            Node::Comprehension(code) => walk::comprehension(code, &mut |node| self.node(node)),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Followed {
        if let Some((mut path, rest)) = self.place(expr) {
            if let Some(Trailer::Method(attribute, arguments)) = rest.first()
                && *attribute.name == *"get"
            {
                path.extend(arguments.positional.first().and_then(text));
            }
            self.paths.push(path);
            let mut rest = rest.iter();
            return rest.try_for_each(|trailer| self.node(Node::Trailer(trailer)));
        }
        if let Some((path, others)) = self.asked(expr) {
            self.paths.push(path);
            return others.iter().try_for_each(|other| self.expr(other));
        }
        walk::expr(expr, &mut |node| self.node(node))
    }

    /// The way from the name along attributes and literal indexes, and what follows it.
    fn place<'e>(&self, expr: &'e Expr) -> Option<(Vec<Str>, &'e [Trailer])> {
        let (base, mut rest) = match &expr.kind {
            ExprKind::Trailers(base, trailers) => (&**base, trailers.as_slice()),
            _ => (expr, &[][..]),
        };
        match &base.kind {
            ExprKind::Name(used) if *used.text == *self.name => {}
            _ => return None,
        }
        let mut path = Vec::new();
        while let [trailer, others @ ..] = rest {
            match trailer {
                // What may be a method sees all of its receiver.
                Trailer::Attribute(attribute) if attribute.methods().is_empty() => {
                    path.push(attribute.name.clone());
                }
                Trailer::Index(index) if text(index).is_some() => path.extend(text(index)),
                _ => break,
            }
            rest = others;
        }
        Some((path, rest))
    }

    /// What `"x" in d`, `hasattr(user.profile, "x")` and `getattr(user.profile, "x", default)` read, and the default.
    fn asked<'e>(&self, expr: &'e Expr) -> Option<(Vec<Str>, &'e [Expr])> {
        let (object, key, others) = match &expr.kind {
            ExprKind::Compare(key, rest) => match rest.as_slice() {
                [(CompareOp::In | CompareOp::NotIn, object)] => (object, &**key, &[][..]),
                _ => return None,
            },
            ExprKind::Trailers(function, trailers) => match (&function.kind, trailers.as_slice()) {
                (ExprKind::Name(name), [Trailer::Call(arguments)])
                    if name.slot.get() == Slot::Known
                        && matches!(&*name.text, "hasattr" | "getattr") =>
                {
                    let [object, key, others @ ..] = arguments.positional.as_slice() else {
                        return None;
                    };
                    (object, key, others)
                }
                _ => return None,
            },
            _ => return None,
        };
        let (mut path, rest) = self.place(object)?;
        path.push(text(key)?);
        rest.is_empty().then_some((path, others))
    }
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
