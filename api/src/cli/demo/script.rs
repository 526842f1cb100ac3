//! What happens on a day of the demo, as data. Deterministic by seed and day.

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// The shop answers. What the provider reports on it comes from the provider.
    Reply { who: Pair, label: String, text: &'static str },
    /// The customer reacts to an answer of the shop.
    React { who: Pair, label: String, target: String, emoji: &'static str },
    /// The AI service asks for a person.
    Handoff { who: Pair, label: String, note: &'static str },
    /// The AI service proposes an answer for a person to approve.
    Suggest { who: Pair, label: String, text: &'static str },
    /// The shop opens a ticket about what the customer wrote.
    Ticket { who: Pair, label: String, subject: &'static str, category: &'static str },
    /// The shop ends the matter of the day before, so that the customer starts a new one.
    Close { who: Pair, label: String },
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
    Reaction { target_id: String, emoji: &'static str },
    Edit { target: String, text: &'static str },
}

const LUCIA: Pair = Pair { shop: 0, customer: 0 };
const RAUL: Pair = Pair { shop: 0, customer: 1 };
const CAMILA: Pair = Pair { shop: 0, customer: 2 };
const NORA: Pair = Pair { shop: 0, customer: 3 };
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

/// Who goes on talking afterwards. The others are left as the scenes leave them: somebody waits
/// for a person, and somebody's suggestion is still to be approved.
const TALKERS: [Pair; 3] = [CAMILA, MARTA, ESTEBAN];

/// Whom the reader of the banner answers: the one for whom a person was asked.
pub(super) const WAITING: Pair = RAUL;

/// The scenes of a day, in order.
pub(super) fn scenes(seed: u64, day: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed, day);
    let mut pace = |act| Step { wait_ms: dice.between(PACE_MS), act };
    let close = Act::Close { who: WAITING, label: "close-r".to_owned() };
    let before = (day > 1).then_some(close);
    before.into_iter().chain(scene_acts()).map(&mut pace).collect()
}

/// What follows the scenes, slowly.
pub(super) fn trickle(seed: u64, day: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed, day.wrapping_add(1 << 32));
    (0..TRICKLE)
        .map(|i| {
            let who = TALKERS.get(dice.below(TALKERS.len())).copied().unwrap_or(CAMILA);
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

fn reply(who: Pair, label: &str, text: &'static str) -> Act {
    Act::Reply { who, label: label.to_owned(), text }
}

fn react(who: Pair, label: &str, target: &str, emoji: &'static str) -> Act {
    Act::React { who, label: label.to_owned(), target: target.to_owned(), emoji }
}

#[rustfmt::skip] // one act per line reads as a script
fn scene_acts() -> Vec<Act> {
    use Content::{Document, Edit, Image, ListReply, Location, Order, Text, Voice};
    let again = |label: &str| Act::Again { label: label.to_owned() };
    let suggest = |who, label: &str, text| Act::Suggest { who, label: label.to_owned(), text };
    let ticket = |who, label: &str, subject, category| {
        Act::Ticket { who, label: label.to_owned(), subject, category }
    };
    let handoff = |who, label: &str, note| Act::Handoff { who, label: label.to_owned(), note };
    vec![
        say(LUCIA, "l1", Text("Hola, ¿dónde está mi pedido 48213?")),
        say(MARTA, "m1", Text("Buenas, ¿tienen mecha de widia del 8?")),
        again("l1"),
        say(LUCIA, "l2", Image { caption: "así llegó la caja" }),
        ticket(LUCIA, "t1", "Pedido 48213: la caja llegó dañada", "RECLAMO"),
        say(RAUL, "r1", Text("Quiero un turno para control de la vista")),
        say(CAMILA, "c1", Text("Hola! escribo desde mi usuario nuevo")),
        Act::Stranger { label: "x1".into() },
        reply(LUCIA, "out-l1", "¡Hola! Ya lo reviso con el depósito, dame un minuto."),
        say(LUCIA, "l3", Voice),
        reply(MARTA, "out-m1", "Sí, nos quedan. ¿Cuántas necesita?"),
        say(MARTA, "m2", Text("Necesito dies")),
        say(MARTA, "m3", Edit { target: "m2".into(), text: "Necesito diez" }),
        say(ESTEBAN, "e1", Location),
        say(ESTEBAN, "e2", Text("¿Me lo mandan a esta dirección?")),
        reply(RAUL, "out-r1", "Tengo lunes 14:00 o martes 10:30. ¿Cuál preferís?"),
        say(RAUL, "r2", ListReply { id: "slot:lunes-14", title: "Lun 24, 14:00" }),
        Act::Forged,
        reply(LUCIA, "out-l2", "Tu pedido sale hoy, te mandamos otro sin cargo."),
        react(LUCIA, "l4", "out-l2", "❤️"),
        say(ESTEBAN, "e3", Order),
        ticket(ESTEBAN, "t2", "Entrega a domicilio en Av. Colón 1200", "TRACKING"),
        reply(ESTEBAN, "out-e1", "Anotado: sale mañana a primera hora."),
        say(CAMILA, "c2", Document { filename: "receta.pdf" }),
        reply(CAMILA, "out-c1", "Recibida la receta, te paso el presupuesto."),
        react(MARTA, "m4", "out-m1", "👍"),
        say(NORA, "n1", Text("Hola, ¿me confirman el turno del jueves?")),
        reply(NORA, "out-n1", "Sí, jueves 16:30. ¡Te esperamos!"),
        say(LUCIA, "l5", Text("¡Mil gracias! 🙌 ¿Y el estuche viene incluido?")),
        again("l5"),
        suggest(LUCIA, "s1", "Sí, el estuche y el paño vienen incluidos, sin cargo."),
        say(RAUL, "r3", Text("Ese día ahí estaré, pero prefiero hablar con una persona.")),
        again("r1"),
        handoff(RAUL, "h1", "Pide hablar con una persona por su turno."),
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

    fn label(act: Act) -> Option<String> {
        match act {
            Act::Say { label, .. }
            | Act::Reply { label, .. }
            | Act::React { label, .. }
            | Act::Handoff { label, .. }
            | Act::Suggest { label, .. }
            | Act::Ticket { label, .. }
            | Act::Close { label, .. }
            | Act::Stranger { label } => Some(label),
            Act::Again { .. } | Act::Forged => None,
        }
    }

    #[test]
    fn a_day_repeats_by_seed_and_labels_are_unique() {
        let waits = |seed, day| scenes(seed, day).iter().map(|s| s.wait_ms).collect::<Vec<_>>();
        assert_eq!(waits(1, 1), waits(1, 1));
        assert_ne!(waits(1, 1), waits(1, 2));
        let mut labels: Vec<_> = scenes(1, 1)
            .into_iter()
            .chain(trickle(1, 1))
            .filter_map(|step| label(step.act))
            .collect();
        let count = labels.len();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), count);
    }

    #[test]
    fn whatever_is_repeated_or_pointed_at_was_said_before() {
        let mut said = Vec::new();
        for step in scenes(7, 2) {
            let target = match &step.act {
                Act::Say { content: Content::Edit { target, .. }, .. }
                | Act::React { target, .. }
                | Act::Again { label: target } => Some(target),
                Act::Say { .. }
                | Act::Reply { .. }
                | Act::Handoff { .. }
                | Act::Suggest { .. }
                | Act::Ticket { .. }
                | Act::Close { .. }
                | Act::Stranger { .. }
                | Act::Forged => None,
            };
            assert!(target.is_none_or(|target| said.contains(target)), "{target:?}");
            said.extend(label(step.act));
        }
    }

    #[test]
    fn the_first_day_has_nothing_to_end_and_later_ones_begin_with_it() {
        let closes =
            |day| scenes(7, day).iter().filter(|s| matches!(s.act, Act::Close { .. })).count();
        assert_eq!((closes(1), closes(2)), (0, 1));
        assert!(TALKERS.iter().all(|talker| *talker != WAITING && *talker != LUCIA));
    }
}
