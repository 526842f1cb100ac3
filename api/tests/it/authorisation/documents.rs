//! A valid document for every root field, made from the schema itself, so that an operation
//! cannot be added without being asked for here.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, ServiceDocument, Type, TypeDefinition,
    TypeKind, TypeSystemDefinition,
};
use bitacora_api::access::{Access, Kind, operations};
use bitacora_api::graphql::ids::NodeType;
use bitacora_domain::Capability;
use uuid::Uuid;

/// The schema by its types.
pub(super) struct Documents(BTreeMap<String, TypeDefinition>);

impl Documents {
    /// Of the schema that is served.
    pub(super) fn of_schema() -> Self {
        let ServiceDocument { definitions } = parse_schema(bitacora_api::graphql::sdl()).unwrap();
        let types = definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => {
                Some((found.node.name.node.to_string(), found.node))
            }
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Self(types.collect())
    }

    /// Names of the root fields.
    pub(super) fn fields(&self, kind: Kind) -> BTreeSet<String> {
        self.fields_of(kind.as_str()).map(|field| field.name.node.to_string()).collect()
    }

    /// A document with this root field, and all that is needed.
    pub(super) fn of(&self, kind: Kind, field: &str) -> String {
        let operation = kind.as_str().to_lowercase();
        let found = self.field(kind, field);
        let arguments = self.arguments(field, &found.arguments);
        let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
        let selection = match self.0.get(&core(&found.ty.node)).map(|found| &found.kind) {
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)) => {
                " { __typename }"
            }
            Some(TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_)) | None => "",
        };
        format!("{operation} {{ {field}{arguments}{selection} }}")
    }

    /// Object types that root fields are about, each with what these need.
    pub(super) fn homes(&self) -> BTreeMap<String, BTreeSet<Capability>> {
        let mut homes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (kind, field, access) in operations::all() {
            let Access::Needs(capability) = access else { continue };
            if kind != Kind::Mutation
                && let Some(about) = self.about(&core(&self.field(kind, field).ty.node))
            {
                homes.entry(about).or_default().insert(capability);
            }
        }
        homes
    }

    /// What a connection or an edge is of; an object itself.
    fn about(&self, name: &str) -> Option<String> {
        let node =
            self.fields_of(name).find(|field| matches!(field.name.node.as_str(), "nodes" | "node"));
        match node {
            Some(node) => Some(core(&node.ty.node)),
            None => self.fields_of(name).next().map(|_| name.to_owned()),
        }
    }

    /// Object types that a document with this root field can show, but through `Node`, which
    /// asks for itself.
    pub(super) fn reachable(&self, kind: Kind, field: &str) -> BTreeSet<String> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![core(&self.field(kind, field).ty.node)]);
        while let Some(name) = next.pop() {
            if name == "Node" || !seen.insert(name.clone()) {
                continue;
            }
            next.extend(self.fields_of(&name).map(|field| core(&field.ty.node)));
            if let Some(TypeKind::Union(union)) = self.0.get(&name).map(|found| &found.kind) {
                next.extend(union.members.iter().map(|member| member.node.to_string()));
            }
        }
        seen
    }

    fn field(&self, kind: Kind, field: &str) -> &FieldDefinition {
        self.fields_of(kind.as_str()).find(|found| found.name.node == field).unwrap()
    }

    fn fields_of(&self, name: &str) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match self.0.get(name).map(|found| &found.kind) {
            Some(TypeKind::Object(object)) => object.fields.as_slice(),
            Some(TypeKind::Interface(interface)) => interface.fields.as_slice(),
            Some(
                TypeKind::Scalar
                | TypeKind::Enum(_)
                | TypeKind::Union(_)
                | TypeKind::InputObject(_),
            )
            | None => &[],
        };
        fields.iter().map(|field| &field.node)
    }

    fn arguments<'a>(
        &self,
        of: &str,
        arguments: impl IntoIterator<Item = &'a async_graphql::Positioned<InputValueDefinition>>,
    ) -> String {
        let needed = arguments
            .into_iter()
            .map(|argument| &argument.node)
            .filter(|argument| !argument.ty.node.nullable && argument.default_value.is_none());
        let given = needed.map(|argument| {
            format!("{}: {}", argument.name.node, self.value(of, &argument.ty.node))
        });
        given.collect::<Vec<_>>().join(", ")
    }

    fn value(&self, of: &str, ty: &Type) -> String {
        let name = match &ty.base {
            BaseType::List(inner) => return format!("[{}]", self.value(of, inner)),
            BaseType::Named(name) => name.as_str(),
        };
        match self.0.get(name).map(|found| &found.kind) {
            Some(TypeKind::Enum(choice)) => choice.values[0].node.value.node.to_string(),
            Some(TypeKind::InputObject(input)) => {
                let one = self.0[name].directives.iter().any(|it| it.node.name.node == "oneOf");
                if one {
                    let first = &input.fields[0].node;
                    let mut ty = first.ty.node.clone();
                    ty.nullable = false;
                    return format!("{{ {}: {} }}", first.name.node, self.value(of, &ty));
                }
                format!("{{ {} }}", self.arguments(of, &input.fields))
            }
            _ => scalar(of, name),
        }
    }
}

/// The named type within lists.
fn core(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(inner) => core(inner),
    }
}

fn scalar(of: &str, name: &str) -> String {
    match name {
        "Int" => "1".to_owned(),
        "Float" => "0.5".to_owned(),
        "Boolean" => "true".to_owned(),
        // Nothing is written at a position that is there.
        "String" | "Position" => "\"x\"".to_owned(),
        "UUID" => format!("\"{}\"", Uuid::from_u128(7)),
        "DateTime" => "\"2030-01-01T00:00:00Z\"".to_owned(),
        "Date" => "\"2030-01-01\"".to_owned(),
        "ID" => format!("\"{}\"", about(of).id(Uuid::from_u128(7)).as_str()),
        other => panic!("{of} needs a {other}: say here what to give"),
    }
}

/// What the operation is about, so that its id is one of the right type and of nothing.
fn about(operation: &str) -> NodeType {
    let about = [
        ("ApiKey", NodeType::ApiKey),
        ("Member", NodeType::Member),
        ("Contact", NodeType::Contact),
        ("contact", NodeType::Contact),
        ("Channel", NodeType::ChannelAccount),
        ("channel", NodeType::ChannelAccount),
    ];
    let found = about.into_iter().find(|(part, _)| operation.contains(part));
    found.map_or(NodeType::Conversation, |(_, node)| node)
}
