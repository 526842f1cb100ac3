//! Providers that messages leave through. Each is a folder; each has an offline twin for
//! installations without a key.

pub mod whatsapp;
