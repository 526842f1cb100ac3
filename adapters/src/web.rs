//! HTTP clients. All of them are made here, so that TLS is the same everywhere: rustls with ring
//! and Mozilla's roots, built in. A slim container without certificates works, and a machine's
//! own roots do not decide whom we believe to be the provider.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// A client that talks TLS, to be given time-outs by its user. Redirects are not followed: a
/// provider's API has none, and a request that wanders off may be done twice.
///
/// # Errors
/// When the built-in cryptography lacks what TLS needs, which a test rules out.
pub fn builder() -> Result<reqwest::ClientBuilder, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    #[test]
    fn a_client_can_be_made() {
        super::builder().unwrap().build().unwrap();
    }
}
