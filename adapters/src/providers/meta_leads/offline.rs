//! The offline twin of the forms, for installations without a token: invented people, and as much
//! trouble as with the real one. What a form says follows from the seed and its id alone; whether
//! it can be fetched also from the minute, so that trouble passes.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_commands::ports::{Clock, FilledForm, FormFault, LeadForms};
use sha2::{Digest as _, Sha256};

/// First names.
const FIRST: [&str; 8] =
    ["Mariano", "Lucía", "Valentina", "Joaquín", "Camila", "Nicolás", "Sofía", "Tomás"];
/// Last names.
const LAST: [&str; 8] =
    ["Quiroga", "Benítez", "Herrera", "Sosa", "Medina", "Ojeda", "Paz", "Villalba"];
/// Budgets as people write them.
const BUDGETS: [&str; 4] =
    ["80.000 - 120.000 USD", "hasta 100k USD", "U$S 150.000", "no lo tengo definido"];
/// Places.
const ZONES: [&str; 4] = ["Palermo", "Villa Urquiza", "Caballito", "Belgrano"];
/// Times.
const TIMES: [&str; 4] = ["Ahora", "En los próximos 6 meses", "Este año", "Sin apuro"];

/// The twin.
#[derive(Clone)]
pub struct OfflineForms {
    seed: u64,
    kind: bool,
    clock: Arc<dyn Clock>,
}

impl OfflineForms {
    /// A twin; `kind` to a demonstration: every form is there at once.
    pub fn new(seed: u64, kind: bool, clock: Arc<dyn Clock>) -> Self {
        Self { seed, kind, clock }
    }

    fn dice(&self, about: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(about).finalize().into()
    }

    fn trouble(&self, id: &str) -> Option<FormFault> {
        let [fate, ..] = self.dice(&format!("fate:{id}"));
        let minute = self.clock.now().timestamp() / 60;
        let [luck, ..] = self.dice(&format!("luck:{id}:{minute}"));
        match (fate, luck) {
            (0..=3, _) => Some(FormFault::Gone("FORM_DELETED")),
            (4..=60, 0..=127) => Some(FormFault::Passing("SERVER_ERROR")),
            _ => None,
        }
    }
}

#[async_trait]
impl LeadForms for OfflineForms {
    async fn fetch(&self, external_id: &str) -> Result<FilledForm, FormFault> {
        if let Some(fault) = self.trouble(external_id).filter(|_| !self.kind) {
            return Err(fault);
        }
        let dice = self.dice(&format!("form:{external_id}"));
        let of = |n: usize, list: &[&'static str]| {
            let drawn = usize::from(dice.get(n).copied().unwrap_or_default());
            list.get(drawn % list.len()).copied().unwrap_or_default()
        };
        let (first, last) = (of(0, &FIRST), of(1, &LAST));
        let number = dice.iter().skip(8).take(4).fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
        let phone = format!("+54 9 11 6{:07}", number % 10_000_000);
        let email = format!("lead{number:08x}@example.test");
        let fields = [
            ("full_name", format!("{first} {last}")),
            ("phone_number", phone),
            ("email", email),
            ("presupuesto", of(2, &BUDGETS).to_owned()),
            ("zona", of(3, &ZONES).to_owned()),
            ("¿cuándo_querés_mudarte?", of(4, &TIMES).to_owned()),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), vec![value]));
        Ok(FilledForm { ads: Vec::new(), fields: fields.collect() })
    }
}
