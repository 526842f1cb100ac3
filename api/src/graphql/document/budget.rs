//! Measuring operations: every fragment once, then by addition.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};

use super::DocumentError;
use crate::graphql::GraphqlLimits;

/// Size of a selection set with all its fragments spread out; saturates.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    aliases: usize,
    directives: usize,
    /// Fields inside fields.
    depth: usize,
    /// Selection sets inside selection sets, fragments among them.
    nesting: usize,
}

impl Size {
    fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
        }
    }
}

/// A fragment while it is measured, and after.
enum Measured {
    Open,
    Done(Size),
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    fragments: HashMap<&'a str, Measured>,
}

/// Refuses a document with an operation or fragment beyond the limits, or with a fragment that
/// spreads itself.
pub(super) fn check(
    document: &ExecutableDocument,
    limits: &GraphqlLimits,
) -> Result<(), DocumentError> {
    let mut measure = Measure { document, fragments: HashMap::new() };
    for (_, operation) in document.operations.iter() {
        let size = measure.set(&operation.node.selection_set.node, 0)?;
        within(size.and(of_directives(&operation.node.directives)), limits)?;
    }
    // Fragments that no operation uses are walked by the validation all the same.
    for name in document.fragments.keys() {
        within(measure.fragment(name.as_str(), 0)?, limits)?;
    }
    Ok(())
}

fn within(size: Size, limits: &GraphqlLimits) -> Result<(), DocumentError> {
    let bounds = [
        ("fields", size.nodes, limits.nodes),
        ("aliases", size.aliases, limits.aliases),
        ("directives", size.directives, limits.directives),
        ("levels", size.depth, limits.depth),
        (NESTED, size.nesting, MAX_NESTING),
    ];
    match bounds.into_iter().find(|(_, found, limit)| found > limit) {
        Some((what, found, limit)) => Err(DocumentError::TooLarge { what, found, limit }),
        None => Ok(()),
    }
}

fn of_directives(directives: &[Positioned<Directive>]) -> Size {
    Size { directives: directives.len(), ..Size::default() }
}

impl<'a> Measure<'a> {
    fn set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Size, DocumentError> {
        // The walk itself must not run out of stack; the sum is checked by `within`.
        if level > MAX_NESTING {
            return Err(DocumentError::TooLarge { what: NESTED, found: level, limit: MAX_NESTING });
        }
        let sum = set.items.iter().try_fold(Size::default(), |sum, item| {
            self.selection(&item.node, level).map(|size| sum.and(size))
        })?;
        Ok(Size { nesting: sum.nesting.saturating_add(1), ..sum })
    }

    fn selection(&mut self, item: &'a Selection, level: usize) -> Result<Size, DocumentError> {
        let own = Size { nodes: 1, ..of_directives(item.directives()) };
        let inner = match item {
            Selection::Field(field) => {
                let inner = self.set(&field.node.selection_set.node, level + 1)?;
                let alias = usize::from(field.node.alias.is_some());
                Size {
                    aliases: inner.aliases.saturating_add(alias),
                    depth: inner.depth.saturating_add(1),
                    ..inner
                }
            }
            Selection::InlineFragment(fragment) => {
                self.set(&fragment.node.selection_set.node, level + 1)?
            }
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node, level)?
            }
        };
        Ok(own.and(inner))
    }

    /// The size of a fragment; an unknown one is left for the validation to name.
    fn fragment(&mut self, name: &str, level: usize) -> Result<Size, DocumentError> {
        match self.fragments.get(name) {
            Some(Measured::Done(size)) => return Ok(*size),
            Some(Measured::Open) => return Err(DocumentError::Cycle(name.to_owned())),
            None => {}
        }
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        self.fragments.insert(name.as_str(), Measured::Open);
        let size = self.set(&fragment.node.selection_set.node, level + 1)?;
        self.fragments.insert(name.as_str(), Measured::Done(size));
        Ok(size)
    }
}

/// Name of the bound below.
const NESTED: &str = "nested selections";
/// Selection sets inside each other, fragments followed. Bounds the recursion of every walk.
const MAX_NESTING: usize = 128;
