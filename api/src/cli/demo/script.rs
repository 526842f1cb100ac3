//! What happens on a day of the demo, as data. Deterministic by seed and day.

use super::cast::SHOPS;

/// Milliseconds between two acts while the day's scenes are played.
const PACE_MS: std::ops::Range<u64> = 120..380;
/// Milliseconds between two acts afterwards.
const TRICKLE_MS: u64 = 10_000;
/// Acts of the trickle: ten minutes of them.
const TRICKLE: usize = 60;

/// One act, and how long to wait before it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) wait_ms: u64,
    pub(super) act: Act,
}

/// Who speaks to whom: indices into `SHOPS` and its customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) shop: usize,
    pub(super) customer: usize,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A customer writes. `label` names the message within the day.
    Say { who: Pair, label: String, content: Content },
    /// The provider delivers an earlier message again, byte for byte.
    Again { label: String },
    /// The shop answers, and the provider reports on it in this order. `true`: with our id
    /// (`biz_opaque_callback_data`), `false`: with the provider's id alone.
    Reply { who: Pair, label: String, text: &'static str, reports: &'static [(Report, bool)] },
    /// A fact of an account that nobody has connected.
    Stranger { label: String },
    /// A body whose signature is of another secret: must be refused.
    Forged,
}

/// What a customer can send here.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(&'static str),
    Image { caption: &'static str },
    Voice,
    Location,
    ListReply { id: &'static str, title: &'static str },
    Document { filename: &'static str },
    Order,
    Reaction { target: String, emoji: &'static str },
    Edit { target: String, text: &'static str },
}

/// What the provider reports on a message of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Sent,
    Delivered,
    Read,
    Failed,
}

use Report::{Delivered, Failed, Read, Sent};

/// As in the textbook.
const IN_ORDER: &[(Report, bool)] = &[(Sent, true), (Delivered, false), (Read, false)];
/// Before the provider's id is known; `Sent` then brings it.
const EARLY: &[(Report, bool)] = &[(Delivered, false), (Sent, true), (Read, false)];
/// Backwards and twice: must not regress.
const MIXED: &[(Report, bool)] =
    &[(Read, true), (Sent, true), (Delivered, false), (Delivered, false)];
const FAILS: &[(Report, bool)] = &[(Failed, true)];

const LUCIA: Pair = Pair { shop: 0, customer: 0 };
const RAUL: Pair = Pair { shop: 0, customer: 1 };
const CAMILA: Pair = Pair { shop: 0, customer: 2 };
const MARTA: Pair = Pair { shop: 1, customer: 0 };
const ESTEBAN: Pair = Pair { shop: 1, customer: 1 };

/// What customers say while nothing else happens.
const SMALL_TALK: [&str; 12] = [
    "¿Hasta qué hora están hoy?",
    "Gracias, paso más tarde.",
    "¿Me pueden mandar el precio?",
    "Perfecto, lo espero.",
    "¿Hacen envíos a domicilio?",
    "¿Aceptan tarjeta?",
    "Mi pedido es el 48213.",
    "Buenísimo 👍",
    "¿Tienen turno para el viernes?",
    "Al final lo retiro mañana.",
    "¿Lo puedo cambiar si no me queda?",
    "¡Muchas gracias por la atención!",
];

/// The scenes of a day, in order.
pub(super) fn scenes(seed: u64, day: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed, day);
    let mut pace = |act| Step { wait_ms: dice.between(PACE_MS), act };
    scene_acts().into_iter().map(&mut pace).collect()
}

/// What follows the scenes, slowly.
pub(super) fn trickle(seed: u64, day: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed, day.wrapping_add(1 << 32));
    (0..TRICKLE)
        .map(|i| {
            let shop = dice.below(SHOPS.len());
            let customers = SHOPS.get(shop).map_or(1, |shop| shop.customers.len());
            let who = Pair { shop, customer: dice.below(customers) };
            let text = SMALL_TALK.get(dice.below(SMALL_TALK.len())).copied().unwrap_or_default();
            Step {
                wait_ms: TRICKLE_MS,
                act: say(who, &format!("trickle-{i}"), Content::Text(text)),
            }
        })
        .collect()
}

fn say(who: Pair, label: &str, content: Content) -> Act {
    Act::Say { who, label: label.to_owned(), content }
}

fn reply(who: Pair, label: &str, text: &'static str, reports: &'static [(Report, bool)]) -> Act {
    Act::Reply { who, label: label.to_owned(), text, reports }
}

#[rustfmt::skip] // one act per line reads as a script
fn scene_acts() -> Vec<Act> {
    use Content::{Document, Edit, Image, ListReply, Location, Order, Reaction, Text, Voice};
    let again = |label: &str| Act::Again { label: label.to_owned() };
    vec![
        say(LUCIA, "l1", Text("Hola, ¿dónde está mi pedido 48213?")),
        say(MARTA, "m1", Text("Buenas, ¿tienen mecha de widia del 8?")),
        again("l1"),
        say(LUCIA, "l2", Image { caption: "así llegó la caja" }),
        say(RAUL, "r1", Text("Quiero un turno para control de la vista")),
        say(CAMILA, "c1", Text("Hola! escribo desde mi usuario nuevo")),
        Act::Stranger { label: "x1".into() },
        reply(LUCIA, "out-l1", "¡Hola! Ya lo reviso con el depósito, dame un minuto.", IN_ORDER),
        say(LUCIA, "l3", Voice),
        reply(MARTA, "out-m1", "Sí, nos quedan. ¿Cuántas necesita?", EARLY),
        say(MARTA, "m2", Text("Necesito dies")),
        say(MARTA, "m3", Edit { target: "m2".into(), text: "Necesito diez" }),
        say(ESTEBAN, "e1", Location),
        say(ESTEBAN, "e2", Text("¿Me lo mandan a esta dirección?")),
        reply(RAUL, "out-r1", "Tengo lunes 14:00 o martes 10:30. ¿Cuál preferís?", MIXED),
        say(RAUL, "r2", ListReply { id: "slot:lunes-14", title: "Lun 24, 14:00" }),
        Act::Forged,
        reply(LUCIA, "out-l2", "Tu pedido sale hoy, te mandamos otro sin cargo.", IN_ORDER),
        say(LUCIA, "l4", Reaction { target: "out-l2".into(), emoji: "❤️" }),
        say(LUCIA, "l5", Text("¡Mil gracias! 🙌")),
        again("l5"),
        say(ESTEBAN, "e3", Order),
        reply(ESTEBAN, "out-e1", "Anotado: sale mañana a primera hora.", EARLY),
        say(CAMILA, "c2", Document { filename: "receta.pdf" }),
        reply(CAMILA, "out-c1", "Recibida la receta, te paso el presupuesto.", FAILS),
        say(MARTA, "m4", Reaction { target: "out-m1".into(), emoji: "👍" }),
        say(RAUL, "r3", Text("Perfecto, ahí estaré.")),
        again("r1"),
    ]
}

/// SplitMix64: small, fast, the same everywhere.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, day: u64) -> Self {
        Self(seed ^ day.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn between(&mut self, range: std::ops::Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start).max(1)
    }

    /// A number below `n`, which is small: the modulo's bias does not matter to a demo.
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_repeats_by_seed_and_labels_are_unique() {
        let waits = |seed, day| scenes(seed, day).iter().map(|s| s.wait_ms).collect::<Vec<_>>();
        assert_eq!(waits(1, 1), waits(1, 1));
        assert_ne!(waits(1, 1), waits(1, 2));
        let mut labels: Vec<_> = scenes(1, 1)
            .into_iter()
            .chain(trickle(1, 1))
            .filter_map(|step| match step.act {
                Act::Say { label, .. } | Act::Reply { label, .. } | Act::Stranger { label } => {
                    Some(label)
                }
                Act::Again { .. } | Act::Forged => None,
            })
            .collect();
        let count = labels.len();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), count);
    }

    #[test]
    fn whatever_is_repeated_or_pointed_at_was_said_before() {
        let mut said = Vec::new();
        for step in scenes(7, 1) {
            match step.act {
                Act::Say { label, content, .. } => {
                    if let Content::Reaction { target, .. } | Content::Edit { target, .. } = content
                    {
                        assert!(said.contains(&target), "{target}");
                    }
                    said.push(label);
                }
                Act::Again { label } => assert!(said.contains(&label), "{label}"),
                Act::Reply { label, .. } => said.push(label),
                Act::Stranger { .. } | Act::Forged => {}
            }
        }
    }
}
