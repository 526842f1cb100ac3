//! Which addresses a tenant's webhook may have. A tenant names any host it likes; that must never
//! let it reach our own network. Names are resolved here on every attempt, and what the name says
//! at that moment is what is connected to, so that a name cannot change between check and use.

use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bitacora_commands::ports::NoticeFault;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How far webhooks reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses over https.
    Public,
    /// Everything, also plain http and the loopback: for a machine of one's own, and tests.
    Anywhere,
}

/// A name leads to an address that webhooks must not reach.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to an address that webhooks must not reach")]
struct Forbidden;

impl Reach {
    /// The address of a webhook, if it may be reached.
    ///
    /// # Errors
    /// [`NoticeFault::Refused`] says why not.
    pub fn checked(self, text: &str) -> Result<Url, NoticeFault> {
        let refused = |code: &str| NoticeFault::Refused(code.to_owned());
        let url = Url::parse(text).map_err(|_| refused("INVALID_URL"))?;
        if !url.has_host() || !url.username().is_empty() || url.password().is_some() {
            return Err(refused("INVALID_URL"));
        }
        match (self, url.scheme()) {
            (_, "https") | (Self::Anywhere, "http") => {}
            _ => return Err(refused("HTTPS_NEEDED")),
        }
        // A literal address is not resolved by anybody.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let literal = host.parse::<IpAddr>().ok();
        if literal.is_some_and(|address| !self.allows(address)) {
            return Err(refused("ADDRESS_NOT_ALLOWED"));
        }
        Ok(url)
    }

    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Public => is_public(address),
        }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Forbidden.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Did the request fail because its name leads where it must not?
pub(super) fn is_forbidden(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<Forbidden>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Is it an address of the open internet?
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
        || address.is_multicast();
    let carrier = a == 100 && (64..128).contains(&b);
    let protocol = (a, b, c) == (192, 0, 0);
    let benchmark = a == 198 && (18..20).contains(&b);
    !(special || carrier || protocol || benchmark || a == 0 || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let local = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    let unique = first & 0xfe00 == 0xfc00;
    let link = first & 0xffc0 == 0xfe80;
    let documentation = first == 0x2001 && second == 0x0db8;
    !(local || unique || link || documentation)
}

/// The address of version 4 in one of version 6 (mapped, or of a translator).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, .., high, low] = address.segments();
    let translated = first == 0x0064 && second == 0xff9b;
    let inner = || Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    address.to_ipv4_mapped().or_else(|| translated.then(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_our_own_network_is_reached() {
        for address in [
            "10.0.0.1",
            "172.16.5.4",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "172.32.0.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_is_https_and_names_nobody() {
        for bad in [
            "http://example.test/x",
            "ftp://example.test",
            "https://user:pw@example.test/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "nonsense",
        ] {
            assert!(Reach::Public.checked(bad).is_err(), "{bad}");
        }
        assert!(Reach::Public.checked("https://crm.example.test/leads").is_ok());
        assert!(Reach::Anywhere.checked("http://127.0.0.1:8080/leads").is_ok());
    }
}
