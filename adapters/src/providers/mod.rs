//! Providers that messages leave through. Each is a folder; each has an offline twin for
//! installations without a key.

pub mod elevenlabs;
pub mod lead_webhook;
pub mod meta_leads;
pub mod recordings;
pub mod stripe;
pub mod telephony;
pub mod twilio;
pub mod whatsapp;
