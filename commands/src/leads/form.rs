//! What the fields of an ad's form mean. Questions are free text that the form's author wrote, so
//! this knows the platform's own names and the usual Spanish and English words. What it does not
//! understand stays as it was filled in, and a person or the AI asks again.

use bitacora_domain::aggregates::lead::{
    FormField, GivenAnswer, LeadAnswer, LeadIntent, LeadPerson, LeadTiming,
};
use bitacora_domain::aggregates::offer::MoneyRange;
use bitacora_domain::opt_out::folded;
use bitacora_domain::{Personal, Subject};

use super::Identified;

/// How sure an answer is that stands in a form: what was asked is known by a word alone.
const SURE_BP: i64 = 8_000;

/// A form that was read.
#[derive(Clone, Default)]
pub struct Reading {
    /// Who filled it in.
    pub who: Identified,
    /// Everything else, as it was filled in.
    fields: Vec<(String, String)>,
    /// What of it is understood, with the words that said it.
    answers: Vec<(LeadAnswer, String)>,
}

/// Reads the fields of a form.
pub fn read(fields: &[(String, Vec<String>)]) -> Reading {
    let mut reading = Reading::default();
    let (mut first, mut last) = (None, None);
    for (question, values) in fields {
        let value = values.join(", ").trim().to_owned();
        if value.is_empty() {
            continue;
        }
        let asked = folded(question).replace(['_', '-'], " ");
        match Question::of(&asked) {
            Question::FullName => reading.who.name = Some(value),
            Question::FirstName => first = Some(value),
            Question::LastName => last = Some(value),
            Question::Phone => reading.who.phone = Some(value),
            Question::Email => reading.who.email = Some(value),
            Question::Of(read) => {
                reading.answers.extend(read(&value).map(|answer| (answer, value.clone())));
                reading.fields.push((question.clone(), value));
            }
            Question::Unknown => reading.fields.push((question.clone(), value)),
        }
    }
    let parts: Vec<_> = [first, last].into_iter().flatten().collect();
    reading.who.name = reading.who.name.or_else(|| (!parts.is_empty()).then(|| parts.join(" ")));
    if let Some(name) = reading.who.name.clone() {
        reading.answers.push((LeadAnswer::Name(name.clone()), name));
    }
    reading
}

impl Reading {
    /// What identifies them, belonging to `subject`.
    pub fn person(&self, subject: &Subject) -> LeadPerson {
        let own = |text: &String| Personal::new(subject.clone(), text.clone());
        let field =
            |(name, value): &(String, String)| FormField { name: name.clone(), value: own(value) };
        LeadPerson {
            name: self.who.name.as_ref().map(own),
            phone: self.who.phone.as_ref().map(own),
            email: self.who.email.as_ref().map(own),
            fields: self.fields.iter().map(field).collect(),
        }
    }

    /// What they answered, belonging to `subject`.
    pub fn answers(&self, subject: &Subject) -> Vec<GivenAnswer> {
        let given = |(answer, said): &(LeadAnswer, String)| GivenAnswer {
            raw: Some(Personal::new(subject.clone(), said.clone())),
            normalised: Personal::new(subject.clone(), answer.clone()),
            confidence_bp: SURE_BP,
            message: None,
        };
        self.answers.iter().map(given).collect()
    }
}

/// How a value becomes an answer; `None` where it is none.
type Read = fn(&str) -> Option<LeadAnswer>;

/// What a question asks for.
enum Question {
    FullName,
    FirstName,
    LastName,
    Phone,
    Email,
    Of(Read),
    Unknown,
}

impl Question {
    /// By the words in it: without accents, in lower case.
    fn of(asked: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| asked.contains(word));
        let is = |words: &[&str]| words.contains(&asked);
        if is(&["full name", "nombre completo", "nombre y apellido", "nombre", "name"]) {
            Self::FullName
        } else if is(&["first name", "primer nombre"]) {
            Self::FirstName
        } else if is(&["last name", "apellido", "apellidos"]) {
            Self::LastName
        } else if has(&["phone", "telefono", "celular", "whatsapp", "movil"]) {
            Self::Phone
        } else if has(&["email", "e mail", "correo"]) {
            Self::Email
        } else if has(&["presupuesto", "budget", "inversion", "cuanto pensas gastar"]) {
            Self::Of(|text| money(text).map(LeadAnswer::Budget))
        } else if has(&["zona", "barrio", "zone", "neighborhood", "ubicacion"]) {
            Self::Of(|text| Some(LeadAnswer::Zone { zone: word(text)?, city: None }))
        } else if has(&["ambientes", "tipologia", "dormitorios", "tipo de unidad", "modelo"]) {
            Self::Of(|text| word(text).map(LeadAnswer::Typology))
        } else if has(&["cuando", "plazo", "when", "timing", "fecha"]) {
            Self::Of(|text| timing(&folded(text)).map(LeadAnswer::Timing))
        } else if has(&["interes", "intencion", "intent", "en que etapa"]) {
            Self::Of(|text| intent(&folded(text)).map(LeadAnswer::Intent))
        } else {
            Self::Unknown
        }
    }
}

/// A word of the tenant: in lower case, `_` between its parts.
fn word(text: &str) -> Option<String> {
    let folded = folded(text);
    let word: Vec<_> = folded.split_whitespace().collect();
    (!word.is_empty()).then(|| word.join("_"))
}

fn timing(text: &str) -> Option<LeadTiming> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Some(if has(&["ahora", "ya mismo", "inmediat", "este mes", "now", "asap"]) {
        LeadTiming::Now
    } else if has(&["mas de un año", "mas adelante", "largo plazo", "more than"]) {
        LeadTiming::Long
    } else if has(&["6 meses", "seis meses", "3 meses", "tres meses", "6 months", "3 months"]) {
        LeadTiming::SixMonths
    } else if has(&["un año", "12 meses", "1 año", "1 year", "this year", "este año"]) {
        LeadTiming::OneYear
    } else if has(&["flexible", "sin apuro", "cualquier momento"]) {
        LeadTiming::Flexible
    } else {
        return None;
    })
}

fn intent(text: &str) -> Option<LeadIntent> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Some(if has(&["listo para", "quiero comprar", "reservar", "ready"]) {
        LeadIntent::Ready
    } else if has(&["buscando", "activamente", "active"]) {
        LeadIntent::Active
    } else if has(&["comparando", "explorando", "exploring"]) {
        LeadIntent::Exploring
    } else if has(&["curios", "solo mir", "just looking"]) {
        LeadIntent::Curious
    } else {
        return None;
    })
}

/// A range of money: one or two amounts and a currency that is no mere `$`, which is that of
/// twenty countries.
fn money(text: &str) -> Option<MoneyRange> {
    let upper = text.to_uppercase();
    let currency = [
        ("USD", "USD"),
        ("U$S", "USD"),
        ("US$", "USD"),
        ("DOLAR", "USD"),
        ("DÓLAR", "USD"),
        ("ARS", "ARS"),
        ("PESOS ARGENTINOS", "ARS"),
        ("EUR", "EUR"),
        ("€", "EUR"),
        ("MXN", "MXN"),
        ("CLP", "CLP"),
        ("UYU", "UYU"),
    ];
    let currency = currency.iter().find(|(written, _)| upper.contains(written))?.1.to_owned();
    let amounts: Vec<i64> = amounts(&upper);
    let (min, max) = match amounts.as_slice() {
        [one] if upper.contains("HASTA") || upper.contains("MENOS") => (None, Some(*one)),
        [one]
            if upper.contains("DESDE") || upper.contains("MÁS DE") || upper.contains("MAS DE") =>
        {
            (Some(*one), None)
        }
        [one] => (Some(*one), Some(*one)),
        [low, high] if low <= high => (Some(*low), Some(*high)),
        _ => return None,
    };
    Some(MoneyRange { min_minor: min, max_minor: max, currency })
}

/// The amounts in a text, in minor units. `.` and `,` before three digits group thousands.
fn amounts(upper: &str) -> Vec<i64> {
    let mut amounts = Vec::new();
    let mut rest = upper;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let from = rest.get(start..).unwrap_or_default();
        let end = from.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
        let (number, after) = from.split_at(end.unwrap_or(from.len()));
        let thousands = after.starts_with('K') || after.trim_start().starts_with("MIL ");
        let factor = if thousands { 1_000 } else { 1 };
        amounts.extend(whole(number).and_then(|units: i64| units.checked_mul(factor * 100)));
        rest = after;
    }
    amounts
}

/// The whole part of a number as people write it.
fn whole(number: &str) -> Option<i64> {
    let parts: Vec<_> = number.trim_matches(['.', ',']).split(['.', ',']).collect();
    let (first, groups) = parts.split_first()?;
    let mut digits = (*first).to_owned();
    for (n, group) in groups.iter().enumerate() {
        match group.len() {
            3 => digits.push_str(group),
            // Cents, at the end.
            1 | 2 if n + 1 == groups.len() => {}
            _ => return None,
        }
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Reading {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect();
        read(&fields)
    }

    #[test]
    fn the_usual_form_is_understood() {
        let reading = form(&[
            ("full_name", "Mariano Quiroga"),
            ("phone_number", "+54 9 11 6660 0033"),
            ("email", "mquiroga@example.test"),
            ("presupuesto", "80.000 - 120.000 USD"),
            ("¿En_qué_zona_buscás?", "Villa Urquiza"),
            ("¿Cuándo_querés_mudarte?", "En los próximos 6 meses"),
            ("¿Tenés mascotas?", "Sí, un gato"),
        ]);
        assert_eq!(reading.who.name.as_deref(), Some("Mariano Quiroga"));
        assert_eq!(reading.who.phone.as_deref(), Some("+54 9 11 6660 0033"));
        assert_eq!(reading.who.email.as_deref(), Some("mquiroga@example.test"));
        let answers: Vec<_> = reading.answers.iter().map(|(answer, _)| answer.clone()).collect();
        assert_eq!(
            answers,
            [
                LeadAnswer::Budget(MoneyRange {
                    min_minor: Some(8_000_000),
                    max_minor: Some(12_000_000),
                    currency: "USD".into(),
                }),
                LeadAnswer::Zone { zone: "villa_urquiza".into(), city: None },
                LeadAnswer::Timing(LeadTiming::SixMonths),
                LeadAnswer::Name("Mariano Quiroga".into()),
            ]
        );
        assert_eq!(reading.fields.len(), 4, "what is understood stays as it was said, too");
    }

    #[test]
    fn first_and_last_name_are_a_name_and_blanks_are_nothing() {
        let reading = form(&[("first_name", "Ana"), ("last_name", "Paz"), ("email", "  ")]);
        assert_eq!(reading.who.name.as_deref(), Some("Ana Paz"));
        assert_eq!(reading.who.email, None);
    }

    #[test]
    fn money_is_a_range_in_one_currency_or_nothing() {
        let range = |text| money(text).map(|range| (range.min_minor, range.max_minor));
        assert_eq!(range("USD 95,000.50"), Some((Some(9_500_000), Some(9_500_000))));
        assert_eq!(range("hasta 100k dólares"), Some((None, Some(10_000_000))));
        assert_eq!(range("Más de U$S 1.200.000"), Some((Some(120_000_000), None)));
        for none in ["100.000", "$ 100.000", "USD", "no sé", "USD 9999999999999999999", "1 2 3 USD"]
        {
            assert_eq!(range(none), None, "{none}");
        }
    }
}
