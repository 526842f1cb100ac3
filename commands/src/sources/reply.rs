//! What a provider gets for a delivery that is durable.

use std::borrow::Cow;

/// The body of a 200. Nothing that is still to be done can be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Content type.
    pub content_type: &'static str,
    /// Body.
    pub body: Cow<'static, str>,
}

impl Reply {
    /// What all providers take: a plain word.
    pub const fn received() -> Self {
        let body = Cow::Borrowed("EVENT_RECEIVED");
        Self { content_type: "text/plain; charset=utf-8", body }
    }

    /// An XML document.
    pub fn xml(body: impl Into<Cow<'static, str>>) -> Self {
        Self { content_type: "text/xml; charset=utf-8", body: body.into() }
    }
}
