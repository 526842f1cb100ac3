//! Enums of the schema whose values are stored by their GraphQL names.

use async_graphql::resolver_utils::EnumType;
use bitacora_projections::Cell;

/// The name of a value.
pub fn text<T: EnumType>(value: T) -> String {
    let items = T::items().iter();
    items
        .filter(|item| item.value == value)
        .map(|item| item.name.to_owned())
        .next()
        .unwrap_or_default()
}

/// The value that a cell names, if it names one. Stored names may be in lower case.
pub fn of_cell<T: EnumType>(cell: &Cell) -> Option<T> {
    of_text(cell.as_text()?)
}

/// The value of this name, in upper or lower case.
pub fn of_text<T: EnumType>(name: &str) -> Option<T> {
    T::items().iter().find(|item| item.name.eq_ignore_ascii_case(name)).map(|item| item.value)
}
