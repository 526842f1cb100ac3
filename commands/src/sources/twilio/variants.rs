//! The ways in which a URL may have been written when it was signed.

/// The URL as it was given, and without its port or, where it has none, with the one that its
/// scheme has usually; each also with the apostrophes of its query written in the other way. Scheme, user, host and path
/// stay as they are, letter by letter; a fragment is never sent and never signed.
pub(super) fn variants(url: &str) -> Vec<String> {
    let url = url.split('#').next().unwrap_or_default();
    let mut all = vec![url.to_owned()];
    if let Some(parts) = Parts::of(url) {
        all.push(parts.with_port(if parts.has_port { "" } else { parts.usual_port() }));
    }
    let other: Vec<String> = all.iter().filter_map(|url| other_apostrophes(url)).collect();
    all.extend(other);
    all.dedup();
    all
}

struct Parts<'a> {
    scheme: &'a str,
    /// User and password with their `@`, and the host.
    host: &'a str,
    has_port: bool,
    /// Everything behind the authority.
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, behind) = url.split_once("://")?;
        let end = behind.find(['/', '?']).unwrap_or(behind.len());
        let (authority, rest) = behind.split_at(end);
        // a colon of a password or of an IPv6 address is none of a port
        let host_from = authority.rfind('@').map_or(0, |at| at + 1);
        let after_brackets = authority.rfind(']').map_or(host_from, |at| at + 1).max(host_from);
        let port = authority.get(after_brackets..)?.find(':').map(|at| at + after_brackets);
        let host = authority.get(..port.unwrap_or(authority.len()))?;
        Some(Self { scheme, host, has_port: port.is_some(), rest })
    }

    fn usual_port(&self) -> &'static str {
        if self.scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" }
    }

    fn with_port(&self, port: &str) -> String {
        let Self { scheme, host, rest, .. } = self;
        format!("{scheme}://{host}{port}{rest}")
    }
}

/// The query's apostrophes escaped, or those that were escaped plain; `None` without any.
fn other_apostrophes(url: &str) -> Option<String> {
    let (before, query) = url.split_once('?')?;
    if query.contains('\'') {
        return Some(format!("{before}?{}", query.replace('\'', "%27")));
    }
    query.contains("%27").then(|| format!("{before}?{}", query.replace("%27", "'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(url: &str, variant: &str) -> bool {
        variants(url).iter().any(|found| found == variant)
    }

    #[test]
    fn ports_come_and_go_and_nothing_else_changes() {
        for (url, variant) in [
            ("https://a.example/x?y=1", "https://a.example:443/x?y=1"),
            ("http://a.example/x", "http://a.example:80/x"),
            ("https://a.example:1234/x", "https://a.example/x"),
            ("https://a.example:1234/x", "https://a.example:1234/x"),
            ("HTTPS://A.Example:1234/X%2fy", "HTTPS://A.Example/X%2fy"),
            ("https://user:pa:ss@a.example/x", "https://user:pa:ss@a.example:443/x"),
            ("https://user:pass@a.example:1234/x", "https://user:pass@a.example/x"),
            ("https://[::1]/x", "https://[::1]:443/x"),
            ("https://[::1]:8443/x", "https://[::1]/x"),
            ("https://a.example", "https://a.example:443"),
            ("https://a.example?x=1:2/3", "https://a.example:443?x=1:2/3"),
            ("https://a.example/x#rc=2", "https://a.example/x"),
            ("https://a.example/?q='x'", "https://a.example/?q=%27x%27"),
            ("https://a.example/?q=%27x%27", "https://a.example:443/?q='x'"),
        ] {
            assert!(has(url, variant), "{url} → {variant}: {:?}", variants(url));
        }
        assert!(!has("https://a.example/it's", "https://a.example/it%27s"), "the path stays");
        assert!(!has("https://a.example/x", "https://a.example:80/x"));
        assert!(!has("https://a.example:1234/x", "https://a.example:443/x"), "no port for another");
    }

    #[test]
    fn what_is_no_url_is_taken_as_it_is() {
        for odd in ["", "/x", "x://", "://", "https://@", "https://a:b:c", "?'"] {
            assert!(variants(odd).contains(&odd.to_owned()), "{odd}");
        }
    }
}
