//! What holds for every view.

use std::collections::HashSet;
use std::path::Path;

use bitacora_projections::table::Writer;
use bitacora_projections::validate::validate;
use bitacora_projections::value::ColumnType;
use bitacora_projections::{Column, Index, Table, dictionary, views};

#[test]
fn every_declaration_is_sound_and_names_are_unique() {
    let mut names = HashSet::new();
    for view in views::all() {
        let table = view.table();
        assert_eq!(validate(table), Vec::<String>::new(), "{}", table.name);
        assert!(names.insert(table.name), "{} twice", table.name);
        assert!(views::find(table.name).is_some());
        for column in table.columns {
            if let Writer::Aggregate(owner) = column.writer {
                assert!(view.interest().contains(&owner), "{}.{}", table.name, column.name);
            }
        }
        for interest in view.interest() {
            assert!(bitacora_domain::aggregates::TYPES.contains(interest), "{interest}");
        }
    }
}

#[test]
fn the_folder_of_views_is_the_registry() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/views");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    // A view may have a folder of its name beside its file.
    files.dedup();
    let mut names: Vec<_> = views::all().iter().map(|v| v.table().name.to_owned()).collect();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn a_bad_declaration_is_told_all_its_faults() {
    static BAD: Table = Table {
        name: "Bad",
        schema: 1,
        doc: "",
        columns: &[
            Column::of("alpha", "id", ColumnType::Uuid, "Not written as a key."),
            Column::of("alpha", "id", ColumnType::Text, ""),
            Column::shared(bitacora_projections::Merge::Sum, "sum", ColumnType::Text, "Sum."),
            Column::of("alpha", "tenant_id", ColumnType::Uuid, "Reserved."),
        ],
        key: &["id", "missing"],
        indexes: &[Index { name: "i", columns: &["-nothing"] }],
    };
    let faults = validate(&BAD).join("\n");
    for part in [
        "`Bad` is no snake_case",
        "`id` is declared twice",
        "has no doc",
        "`id` is not written as a key",
        "`missing` does not exist",
        "counter `sum` is not an integer",
        "`tenant_id` has a reserved name",
        "no column `-nothing`",
        "no honest value",
    ] {
        assert!(faults.contains(part), "{part} is missing in:\n{faults}");
    }
}

#[test]
fn the_data_dictionary_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/READ_MODELS.md");
    let now = dictionary::markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "docs/READ_MODELS.md has drifted: run the tests with BLESS=1");
}
