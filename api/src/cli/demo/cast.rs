//! Who plays in the demo: two shops and their customers. All names and numbers are invented.

use bitacora_domain::{ChannelAccountId, CommandId, Role, TenantId};

/// A shop: a tenant with one WhatsApp number.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Shop {
    pub(in crate::cli) slug: &'static str,
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) phone_number_id: &'static str,
    pub(in crate::cli) waba_id: &'static str,
    pub(in crate::cli) display_phone: &'static str,
    /// The page whose ads bring it leads.
    pub(in crate::cli) page: Option<&'static str>,
    pub(in crate::cli) customers: &'static [Customer],
}

/// A customer. With usernames, WhatsApp sends no number: then only the `bsuid` is known.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Customer {
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) wa_id: Option<&'static str>,
    pub(in crate::cli) bsuid: Option<&'static str>,
}

const fn phone(name: &'static str, wa_id: &'static str) -> Customer {
    Customer { name, wa_id: Some(wa_id), bsuid: None }
}

pub(in crate::cli) const SHOPS: [Shop; 2] = [
    Shop {
        slug: "optica-luz",
        name: "Óptica Luz",
        phone_number_id: "210987654321098",
        waba_id: "104857600000001",
        display_phone: "+54 9 11 5550-1234",
        page: Some("153125381133"),
        customers: &[
            phone("Lucía Ferreyra", "5491166600011"),
            phone("Raúl Ibarra", "5491166600022"),
            Customer { name: "Camila Sosa", wa_id: None, bsuid: Some("AR.13491208655302741918") },
            // a number that the demo's provider cannot reach
            phone("Nora Vidal", "5491166609999"),
        ],
    },
    Shop {
        slug: "ferreteria-don-tito",
        name: "Ferretería Don Tito",
        phone_number_id: "310987654321099",
        waba_id: "104857600000002",
        display_phone: "+54 9 351 555-0199",
        page: None,
        customers: &[
            phone("Marta Quiroga", "5493516600033"),
            phone("Esteban Paz", "5493516600044"),
        ],
    },
];

/// An account that nobody has connected: its facts are kept as unroutable.
pub(in crate::cli) const STRANGER: Shop = Shop {
    slug: "",
    name: "",
    phone_number_id: "999000111222333",
    waba_id: "104857600000009",
    display_phone: "+54 9 11 5550-0000",
    page: None,
    customers: &[phone("Nadie Conocido", "5491166600099")],
};

impl Shop {
    /// Id of the tenant; the same in every installation, so that making it again is a replay.
    pub(in crate::cli) fn tenant(&self) -> TenantId {
        TenantId::new(CommandId::from_fact("demo:tenant").derive(self.slug))
    }
    /// Id of its WhatsApp account.
    pub(in crate::cli) fn channel(&self) -> ChannelAccountId {
        ChannelAccountId::new(self.tenant().derive("whatsapp"))
    }
}

/// Somebody of the team; of every shop's.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Colleague {
    pub(in crate::cli) email: &'static str,
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) role: Role,
}

/// The team. The demo works in the name of the first.
pub(in crate::cli) const TEAM: [Colleague; 2] = [
    Colleague { email: "admin@demo.com", name: "Ana Administra", role: Role::Owner },
    Colleague { email: "agent@demo.com", name: "Ariel Atiende", role: Role::Agent },
];

/// Everybody's password: the demo listens on this machine only.
pub(in crate::cli) const PASSWORD: &str = "admin123";
