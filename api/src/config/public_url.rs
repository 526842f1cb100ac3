//! Under which address providers reach us: some of them sign it.

use std::net::IpAddr;

use axum::http::Uri;

/// The addresses that a request may have been made to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicUrl {
    /// `BITACORA_PUBLIC_URL`, without a slash at its end.
    configured: Option<String>,
    /// Only this machine reaches us, so that the request's own `Host` may be believed.
    host_counts: bool,
}

impl PublicUrl {
    /// The configured address, and whether only this machine reaches the listener.
    pub fn new(configured: Option<&str>, host_counts: bool) -> Self {
        let configured = configured.map(|url| url.trim_end_matches('/').to_owned());
        Self { configured, host_counts }
    }

    /// The configured address.
    pub fn configured(&self) -> Option<&str> {
        self.configured.as_deref()
    }

    /// The absolute URLs that a request for `uri` may have been made to, path and query as they
    /// were written. A `Host` that a stranger could set never counts.
    pub fn of(&self, uri: &Uri, host: Option<&str>) -> Vec<String> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let configured = self.configured.iter().map(|base| format!("{base}{path}"));
        let host = host.filter(|_| self.host_counts);
        configured.chain(host.map(|host| format!("http://{host}{path}"))).collect()
    }
}

/// Is it an address that may be configured: https, or http on the loopback; no query?
pub(super) fn is_public_url(url: &str) -> bool {
    let Ok(parsed) = url.parse::<Uri>() else { return false };
    let host = parsed.host().unwrap_or_default();
    let local = host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let scheme = match parsed.scheme_str() {
        Some("https") => true,
        Some("http") => local,
        _ => false,
    };
    scheme && !host.is_empty() && parsed.query().is_none() && !url.contains('#')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_host_counts_only_where_no_stranger_sets_it() {
        let uri: Uri = "/webhooks/twilio/x?a=%2F&b='".parse().unwrap();
        let both = PublicUrl::new(Some("https://our.example/in/"), true);
        assert_eq!(
            both.of(&uri, Some("127.0.0.1:8080")),
            [
                "https://our.example/in/webhooks/twilio/x?a=%2F&b='",
                "http://127.0.0.1:8080/webhooks/twilio/x?a=%2F&b='",
            ]
        );
        let exposed = PublicUrl::new(Some("https://our.example"), false);
        assert_eq!(
            exposed.of(&uri, Some("evil.example")),
            ["https://our.example/webhooks/twilio/x?a=%2F&b='"]
        );
        assert!(PublicUrl::new(None, false).of(&uri, Some("evil.example")).is_empty());
    }

    #[test]
    fn an_address_is_https_unless_it_is_local() {
        for good in
            ["https://a.example", "https://a.example/x/", "http://127.0.0.1:80", "http://localhost"]
        {
            assert!(is_public_url(good), "{good}");
        }
        for bad in
            ["http://a.example", "a.example", "https://", "ftp://a", "https://a.example/?x", ""]
        {
            assert!(!is_public_url(bad), "{bad}");
        }
    }
}
