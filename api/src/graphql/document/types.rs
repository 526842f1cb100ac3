//! Which type a field has: what merging must know of the schema.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{BaseType, OperationType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{self};

/// Types of fields, read from the schema's own text. The default knows nothing, and merging
/// then keeps type conditions apart.
#[derive(Debug, Default)]
pub struct TypeMap {
    fields: HashMap<String, HashMap<String, String>>,
    objects: HashSet<String>,
    roots: [Option<String>; 3],
}

impl TypeMap {
    /// Reads the types of a schema.
    ///
    /// # Errors
    /// When `sdl` is no schema.
    pub fn of(sdl: &str) -> Result<Self, parser::Error> {
        let mut map = Self::default();
        for definition in parser::parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Type(ty) => {
                    let name = ty.node.name.node.to_string();
                    let fields = match ty.node.kind {
                        TypeKind::Object(object) => {
                            map.objects.insert(name.clone());
                            object.fields
                        }
                        TypeKind::Interface(interface) => interface.fields,
                        TypeKind::Scalar
                        | TypeKind::Union(_)
                        | TypeKind::Enum(_)
                        | TypeKind::InputObject(_) => continue,
                    };
                    let fields = fields
                        .into_iter()
                        .map(|f| (f.node.name.node.to_string(), named(&f.node.ty.node)))
                        .collect();
                    map.fields.insert(name, fields);
                }
                TypeSystemDefinition::Schema(schema) => {
                    let schema = schema.node;
                    map.roots = [schema.query, schema.mutation, schema.subscription]
                        .map(|root| root.map(|name| name.node.to_string()));
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        Ok(map)
    }

    /// The object type on which operations of this kind start.
    pub(super) fn root(&self, operation: OperationType) -> Option<&str> {
        let [query, mutation, subscription] = &self.roots;
        match operation {
            OperationType::Query => query,
            OperationType::Mutation => mutation,
            OperationType::Subscription => subscription,
        }
        .as_deref()
    }

    /// The named type of a field.
    pub(in crate::graphql) fn field(&self, parent: Option<&str>, field: &str) -> Option<&str> {
        self.fields.get(parent?)?.get(field).map(String::as_str)
    }

    /// Is a condition on `condition` always true for a value whose type is `parent`?
    pub(super) fn always(&self, parent: Option<&str>, condition: &str) -> bool {
        parent == Some(condition)
            && (self.objects.contains(condition) || self.fields.contains_key(condition))
    }
}

fn named(ty: &Type) -> String {
    let mut base = &ty.base;
    loop {
        match base {
            BaseType::Named(name) => return name.to_string(),
            BaseType::List(inner) => base = &inner.base,
        }
    }
}
