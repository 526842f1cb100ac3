//! Which addresses are a provider's. One comes in a webhook, and whoever follows it shows its
//! keys to whoever is there.

use bitacora_commands::ports::RecordingFault;
use reqwest::Url;

/// Where a provider's API is, and whose addresses are the provider's besides.
#[derive(Clone, Debug)]
pub struct ProviderUrl {
    base: Url,
    /// Ending of the provider's other hosts, with its dot (`.twilio.com`).
    family: &'static str,
}

/// The provider's API is nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of the API is not https://… (http is for the loopback)")]
pub struct NoAddress;

impl ProviderUrl {
    /// The API at `base`; `family` is the ending of the provider's other hosts.
    ///
    /// # Errors
    /// [`NoAddress`].
    pub fn new(base: &str, family: &'static str) -> Result<Self, NoAddress> {
        let base = Url::parse(base).map_err(|_| NoAddress)?;
        let host = base.host_str().unwrap_or_default();
        let loopback = host == "localhost" || host.starts_with("127.") || host == "[::1]";
        let sound = base.scheme() == "https" || (base.scheme() == "http" && loopback);
        if sound { Ok(Self { base, family }) } else { Err(NoAddress) }
    }

    /// The API's address of `path`.
    pub(super) fn join(&self, path: &str) -> Result<Url, RecordingFault> {
        self.base.join(path).map_err(|_| NOT_OURS)
    }

    /// Where to ask for what is at `text`, which must be an address of the provider's API. With
    /// an API elsewhere (a proxy, a test) it is asked there, whatever host the text names.
    pub(super) fn api(&self, text: &str) -> Result<Url, RecordingFault> {
        let url = Url::parse(text).map_err(|_| NOT_OURS)?;
        if !self.is_api(&url) {
            return Err(NOT_OURS);
        }
        if self.base.host_str().is_some_and(|host| host.ends_with(self.family)) {
            return Ok(url);
        }
        let mut here = self.base.clone();
        here.set_path(url.path());
        here.set_query(url.query());
        Ok(here)
    }

    /// Is it the API, to which the keys may be shown? Where ours is, or at one of the provider's
    /// regions (`api.ie1.twilio.com`).
    pub(super) fn is_api(&self, url: &Url) -> bool {
        let ours = url.origin() == self.base.origin() && is_plain(url);
        ours || (self.is_family(url) && url.host_str().is_some_and(|host| host.starts_with("api.")))
    }

    /// Does it belong to the provider, so that its content may be taken?
    pub(super) fn is_family(&self, url: &Url) -> bool {
        url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| host.ends_with(self.family))
            && is_plain(url)
    }
}

fn is_plain(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// A provider's name of something, which becomes part of a path.
pub(super) fn name(sid: &str) -> Result<&str, RecordingFault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let good = !sid.is_empty() && sid.bytes().all(plain);
    good.then_some(sid).ok_or(RecordingFault::Never { code: "RECORDING_NAME_INVALID" })
}

pub(super) const NOT_OURS: RecordingFault =
    RecordingFault::Never { code: "RECORDING_ADDRESS_FOREIGN" };

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_to_the_api_alone() {
        let twilio = ProviderUrl::new("https://api.twilio.com", ".twilio.com").unwrap();
        let path = "/2010-04-01/Accounts/AC1/Recordings/RE1";
        assert!(twilio.api(&format!("https://api.twilio.com{path}")).is_ok());
        assert!(twilio.api(&format!("https://api.twilio.com:443{path}")).is_ok());
        assert!(twilio.api(&format!("https://api.dublin.ie1.twilio.com{path}")).is_ok());
        let here = ProviderUrl::new("http://127.0.0.1:9", ".twilio.com").unwrap();
        let moved = here.api(&format!("https://api.twilio.com{path}?a=b")).unwrap();
        assert_eq!(moved.as_str(), format!("http://127.0.0.1:9{path}?a=b"));
        for foreign in [
            "https://api.twilio.com.evil.example/x",
            "https://api.twilio.com@evil.example/x",
            "https://me:secret@api.twilio.com/x",
            "http://api.twilio.com/x",
            "https://api.twilio.com:8443/x",
            "https://media.twilio.com/x",
            "https://169.254.169.254/latest",
            "file:///etc/passwd",
            "//api.twilio.com/x",
            "",
        ] {
            assert_eq!(twilio.api(foreign).unwrap_err(), NOT_OURS, "{foreign}");
        }
    }

    #[test]
    fn content_is_taken_from_the_provider_alone() {
        let twilio = ProviderUrl::new("https://api.twilio.com", ".twilio.com").unwrap();
        let family = |url: &str| twilio.is_family(&Url::parse(url).unwrap());
        assert!(family("https://media.us1.twilio.com/x") && family("https://api.twilio.com/x"));
        for foreign in [
            "https://eviltwilio.com/x",
            "https://twilio.com.evil.example/x",
            "http://media.twilio.com/x",
            "https://media.twilio.com:8443/x",
            "https://a:b@media.twilio.com/x",
            "https://127.0.0.1/x",
        ] {
            assert!(!family(foreign), "{foreign}");
        }
    }

    #[test]
    fn plain_http_is_for_the_loopback() {
        for good in ["https://api.twilio.com", "http://127.0.0.1:9/", "http://localhost:9"] {
            assert!(ProviderUrl::new(good, ".x").is_ok(), "{good}");
        }
        for bad in ["http://api.twilio.com", "ftp://127.0.0.1", "api.twilio.com", ""] {
            assert_eq!(ProviderUrl::new(bad, ".x").unwrap_err(), NoAddress, "{bad}");
        }
    }

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(name("RE0a_b-9"), Ok("RE0a_b-9"));
        for wrong in ["", "RE/../..", "RE1.json", "RE 1", "RE%2f", "ñ"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
