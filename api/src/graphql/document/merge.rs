//! Merging equal selections, with fragments spread out on the way.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, InlineFragment, Selection, SelectionSet,
    TypeCondition,
};
use async_graphql::{Name, Positioned};

use super::TypeMap;

/// The fragments of a document.
type Fragments =
    std::collections::HashMap<Name, Positioned<async_graphql::parser::types::FragmentDefinition>>;

/// The document with equal selections merged. Must have passed the budget: what fragments
/// multiply is written out here.
pub(super) fn merge(mut document: ExecutableDocument, types: &TypeMap) -> ExecutableDocument {
    let fragments = std::mem::take(&mut document.fragments);
    let mut merger = Merger { types, fragments: &fragments, used: Vec::new() };
    let operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        let root = types.root(operation.node.ty);
        let set = &mut operation.node.selection_set.node;
        set.items = merger.items(std::mem::take(&mut set.items), root);
    }
    // What nobody used stays, for the validation to name.
    let used = merger.used;
    document.fragments = fragments.into_iter().filter(|(name, _)| !used.contains(name)).collect();
    document
}

struct Merger<'a> {
    types: &'a TypeMap,
    fragments: &'a Fragments,
    used: Vec<Name>,
}

impl Merger<'_> {
    fn items(
        &mut self,
        items: Vec<Positioned<Selection>>,
        parent: Option<&str>,
    ) -> Vec<Positioned<Selection>> {
        let mut merged = Vec::with_capacity(items.len());
        self.collect(items, parent, &mut merged);
        // Equal fields are together now; their own selections come next.
        for item in &mut merged {
            match &mut item.node {
                Selection::Field(field) => {
                    let ty = self.types.field(parent, &field.node.name.node);
                    self.descend(&mut field.node.selection_set.node, ty);
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref();
                    let ty = on.map(|on| on.node.on.node.to_string());
                    let ty = ty.as_deref().or(parent);
                    self.descend(&mut fragment.node.selection_set.node, ty);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        merged
    }

    fn descend(&mut self, set: &mut SelectionSet, ty: Option<&str>) {
        set.items = self.items(std::mem::take(&mut set.items), ty);
    }

    /// Puts `items` into `into`, each one to its like.
    fn collect(
        &mut self,
        items: Vec<Positioned<Selection>>,
        parent: Option<&str>,
        into: &mut Vec<Positioned<Selection>>,
    ) {
        for item in items {
            let item = self.spread_out(item);
            match item.node {
                Selection::InlineFragment(fragment) if self.is_plain(&fragment.node, parent) => {
                    self.collect(fragment.node.selection_set.node.items, parent, into);
                }
                Selection::Field(_)
                | Selection::InlineFragment(_)
                | Selection::FragmentSpread(_) => {
                    join(item, into);
                }
            }
        }
    }

    /// A spread as an inline fragment; one of an unknown fragment stays for the validation.
    fn spread_out(&mut self, item: Positioned<Selection>) -> Positioned<Selection> {
        let Selection::FragmentSpread(spread) = &item.node else { return item };
        let name = &spread.node.fragment_name.node;
        let Some(fragment) = self.fragments.get(name) else { return item };
        if !self.used.contains(name) {
            self.used.push(name.clone());
        }
        let inline = InlineFragment {
            type_condition: Some(fragment.node.type_condition.clone()),
            directives: spread.node.directives.clone(),
            selection_set: fragment.node.selection_set.clone(),
        };
        Positioned::new(Selection::InlineFragment(Positioned::new(inline, item.pos)), item.pos)
    }

    /// Does the fragment say nothing but its fields?
    fn is_plain(&self, fragment: &InlineFragment, parent: Option<&str>) -> bool {
        fragment.directives.is_empty()
            && fragment
                .type_condition
                .as_ref()
                .is_none_or(|on| self.types.always(parent, &on.node.on.node))
    }
}

/// Adds `item`, or its selections to the one that asks the same.
fn join(item: Positioned<Selection>, into: &mut Vec<Positioned<Selection>>) {
    let like = into.iter_mut().find_map(|other| match (&mut other.node, &item.node) {
        (Selection::Field(a), Selection::Field(b)) if same_field(&a.node, &b.node) => {
            Some(&mut a.node.selection_set.node)
        }
        (Selection::InlineFragment(a), Selection::InlineFragment(b))
            if same_condition(&a.node, &b.node) =>
        {
            Some(&mut a.node.selection_set.node)
        }
        _ => None,
    });
    let Some(like) = like else {
        into.push(item);
        return;
    };
    match item.node {
        Selection::Field(field) => like.items.extend(field.node.selection_set.node.items),
        Selection::InlineFragment(inline) => {
            like.items.extend(inline.node.selection_set.node.items);
        }
        Selection::FragmentSpread(_) => {}
    }
}

/// Same key, same field, same arguments, no directives: one call serves both. A leaf and a
/// field with selections are not the same; the validation refuses one of them.
fn same_field(a: &Field, b: &Field) -> bool {
    let arguments = |f: &Field| {
        f.arguments.iter().map(|(n, v)| (n.node.clone(), v.node.clone())).collect::<Vec<_>>()
    };
    a.response_key().node == b.response_key().node
        && a.name.node == b.name.node
        && a.directives.is_empty()
        && b.directives.is_empty()
        && a.selection_set.node.items.is_empty() == b.selection_set.node.items.is_empty()
        && arguments(a) == arguments(b)
}

fn same_condition(a: &InlineFragment, b: &InlineFragment) -> bool {
    let on = |f: &InlineFragment| {
        f.type_condition.as_ref().map(|c: &Positioned<TypeCondition>| c.node.on.node.clone())
    };
    a.directives.is_empty() && b.directives.is_empty() && on(a) == on(b)
}
