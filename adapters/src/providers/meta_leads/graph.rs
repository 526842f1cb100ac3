//! The client of the Graph API for forms.

use std::fmt;

use async_trait::async_trait;
use bitacora_commands::ports::{FilledForm, FormFault, LeadForms};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};

use super::answer;
use crate::providers::whatsapp::{CloudSettings, SetupFault};
use crate::web;

/// Most bytes of an answer that are read; a form has a few thousand.
const ANSWER_MAX: usize = 256 * 1024;
/// What is asked for.
const FIELDS: &str =
    "id,created_time,ad_id,adset_id,campaign_id,form_id,is_organic,platform,field_data";

/// Forms over the Graph API under one access token: a system user's with `leads_retrieval`, for
/// the pages of all tenants.
pub struct GraphForms {
    http: Client,
    base: Url,
    version: String,
}

impl fmt::Debug for GraphForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphForms({}{})", self.base, self.version)
    }
}

impl GraphForms {
    /// A client.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(settings: &CloudSettings, token: &str) -> Result<Self, SetupFault> {
        let mut base = Url::parse(&settings.url).map_err(|_| SetupFault::Url)?;
        if !base.has_host() {
            return Err(SetupFault::Url);
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut bearer = bearer.map_err(|_| SetupFault::Token)?;
        bearer.set_sensitive(true);
        let http = web::builder()?
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .connect_timeout(settings.connect_within)
            .timeout(settings.answer_within)
            .build()?;
        Ok(Self { http, base, version: settings.version.clone() })
    }

    fn form(&self, id: &str) -> Result<Url, FormFault> {
        // An id is digits; anything else must not become a path.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FormFault::Gone("INVALID_LEADGEN_ID"));
        }
        let joined = self.base.join(&format!("{}/{id}", self.version));
        let mut url = joined.map_err(|_| FormFault::Gone("INVALID_LEADGEN_ID"))?;
        url.query_pairs_mut().append_pair("fields", FIELDS);
        Ok(url)
    }
}

#[async_trait]
impl LeadForms for GraphForms {
    async fn fetch(&self, external_id: &str) -> Result<FilledForm, FormFault> {
        let url = self.form(external_id)?;
        let response = self.http.get(url).send().await.map_err(|error| fault(&error))?;
        let status = response.status().as_u16();
        answer::read(status, bounded(response).await?.as_deref())
    }
}

/// The body, `None` when it is longer than an answer can be.
async fn bounded(mut response: Response) -> Result<Option<Vec<u8>>, FormFault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

fn fault(error: &reqwest::Error) -> FormFault {
    FormFault::Passing(if error.is_connect() {
        "NO_CONNECTION"
    } else if error.is_timeout() {
        "TIMEOUT"
    } else {
        "CONNECTION_LOST"
    })
}
