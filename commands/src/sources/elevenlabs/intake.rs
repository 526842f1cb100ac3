//! A delivery while it arrives: the signature over all of it, the audio out of it.

use super::base64::Decoder;
use super::cut::Cutter;
use super::envelope;
use super::signature::Check;
use crate::sources::streaming::{FileIn, Intake, IntakeFault, Rest};

/// Follows one delivery.
pub(super) struct Delivery {
    check: Check,
    /// The account that a header names.
    key: Option<String>,
    cutter: Cutter,
    decoder: Decoder,
    /// What the audio says is no base64.
    malformed: bool,
    /// Characters of the audio, before they are decoded.
    text: Vec<u8>,
}

impl Delivery {
    pub(super) fn new(check: Check, key: Option<String>) -> Self {
        let (cutter, decoder) = (Cutter::new(), Decoder::default());
        Self { check, key, cutter, decoder, malformed: false, text: Vec::new() }
    }
}

impl Intake for Delivery {
    fn content_type(&self) -> &'static str {
        "audio/mpeg"
    }

    fn take(&mut self, bytes: &[u8], file: &mut Vec<u8>) -> Result<(), IntakeFault> {
        self.check.update(bytes);
        self.text.clear();
        self.cutter.take(bytes, &mut self.text).map_err(|_| IntakeFault::TooLarge)?;
        self.malformed = self.malformed || self.decoder.take(&self.text, file).is_err();
        Ok(())
    }

    fn finish(self: Box<Self>, file: &mut Vec<u8>) -> Result<Rest, IntakeFault> {
        let Self { check, key, cutter, decoder, malformed, .. } = *self;
        let malformed = decoder.finish(file).is_err() || malformed;
        let found = match (cutter.has_found(), malformed) {
            (false, _) => FileIn::No,
            (true, false) => FileIn::Whole,
            (true, true) => FileIn::Malformed,
        };
        let (before, after) = cutter.rest();
        let rest = Rest::new(before, after, found);
        let agent = || envelope::agent(&rest.clone().into_body(None));
        let account = key.or_else(|| check.needs_account().then(agent).flatten());
        check.finish(account.as_deref())?;
        Ok(rest)
    }
}
