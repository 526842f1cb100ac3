//! Contact: a person that the business talks to. Owns the invariant that an identity (phone,
//! WhatsApp id, business-scoped user id, e-mail) belongs to one contact of the tenant.

mod handle;
mod identity;
mod preferences;
mod refusal;
mod vocabulary;

pub use handle::Contact;
pub use refusal::ContactRefusal;
pub use vocabulary::{
    ConsentScope, ContactCommand, ContactEvent, Identity, IdentityKind, OptOutCategory, Revealing,
};
