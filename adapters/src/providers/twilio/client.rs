//! The client.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bitacora_commands::calls::CallTopic;
use bitacora_commands::ports::{
    CallRef, Clock, Destination, Ended, FaultClass, Funds, OutboundCall, Refusal, Remedy, Seen,
    SendFault, Telephony, Wanted,
};
use bitacora_domain::aggregates::call_session::ProviderIds;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;

use super::request::Callbacks;
use super::{answer, errors, request, seen, twiml};
use crate::providers::telephony::amount::millionths;
use crate::providers::telephony::{SetupFault, http, unsent};

/// Version of the API, as in its paths.
const VERSION: &str = "2010-04-01";
/// Calls that are looked at when one is searched.
const FOUND_MAX: usize = 50;
/// How long a balance is believed.
const BALANCE_FOR: Duration = Duration::from_mins(1);

/// Where Twilio is, and who we are there.
#[derive(Clone)]
pub struct TwilioSettings {
    /// `https://api.twilio.com`, or what stands in for it.
    pub url: String,
    /// `AC…`
    pub account_sid: String,
    /// Its auth token.
    pub auth_token: String,
    /// The number that calls where nobody says another one, E.164.
    pub number: Option<String>,
    /// Address at which Twilio reaches us.
    pub callbacks: String,
    /// Time for a request; the usual one when absent.
    pub answer_within: Option<Duration>,
}

impl fmt::Debug for TwilioSettings {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TwilioSettings({} {})", self.url, self.account_sid)
    }
}

/// Twilio under one account.
pub struct Twilio {
    http: Client,
    settings: TwilioSettings,
    account: Url,
    callbacks: Callbacks,
    clock: Arc<dyn Clock>,
    balance: Mutex<Option<(Instant, Funds)>>,
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Twilio({})", self.account)
    }
}

impl Twilio {
    /// A client.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(settings: TwilioSettings, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        let base = http::base(&settings.url).ok_or(SetupFault::Url)?;
        let path = format!("{VERSION}/Accounts/{}/", settings.account_sid);
        let account = base.join(&path).map_err(|_| SetupFault::Url)?;
        let callbacks = http::base(&settings.callbacks).ok_or(SetupFault::Callbacks)?;
        let http = http::client(settings.answer_within)?;
        let (callbacks, balance) = (Callbacks(callbacks), Mutex::new(None));
        Ok(Self { http, settings, account, callbacks, clock, balance })
    }

    fn url(&self, path: &str) -> Result<Url, SendFault> {
        let joined = self.account.join(path);
        joined.map_err(|_| unsent(FaultClass::Request, Remedy::Fail, "INVALID_PATH"))
    }

    /// The resource of a call. An id is letters and digits; anything else must not become a path.
    fn call(&self, ids: &ProviderIds) -> Result<Url, SendFault> {
        let sid = ids
            .call_sid
            .as_deref()
            .filter(|sid| !sid.is_empty() && sid.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let sid = sid.ok_or_else(|| unsent(FaultClass::Request, Remedy::Fail, "NO_CALL_SID"))?;
        self.url(&format!("Calls/{sid}.json"))
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Value, SendFault> {
        let TwilioSettings { account_sid, auth_token, .. } = &self.settings;
        let answer = http::send(request.basic_auth(account_sid, Some(auth_token))).await?;
        answer::read(&answer)
    }

    async fn post(&self, url: Url, form: &[(&str, String)]) -> Result<Value, SendFault> {
        let request = self.http.post(url);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(http::form(form))).await
    }

    /// Changes a call that may be over.
    async fn change(&self, ids: &ProviderIds, form: &[(&str, String)]) -> Result<Ended, SendFault> {
        match self.post(self.call(ids)?, form).await {
            Ok(_) => Ok(Ended::Taken),
            Err(SendFault::Refused(refusal)) if is_over(&refusal) => Ok(Ended::Over),
            Err(fault) => Err(fault),
        }
    }
}

fn is_over(refusal: &Refusal) -> bool {
    matches!(refusal.code, errors::NOT_IN_PROGRESS | errors::NOT_FOUND)
}

#[async_trait]
impl Telephony for Twilio {
    async fn place(&self, call: OutboundCall) -> Result<ProviderIds, SendFault> {
        let TwilioSettings { account_sid, number, .. } = &self.settings;
        let from = request::from(call.line.as_ref(), account_sid, number.as_deref())?;
        let form = request::place(&call, from, &self.callbacks)?;
        let made = self.post(self.url("Calls.json")?, &form).await?;
        let sid = seen::text(&made, "sid").ok_or(SendFault::Unknown("UNREADABLE_ANSWER"))?;
        Ok(ProviderIds { call_sid: Some(sid.to_owned()), el_conversation_id: None })
    }

    async fn look(&self, ids: &ProviderIds) -> Result<Option<Seen>, SendFault> {
        match self.ask(self.http.get(self.call(ids)?)).await {
            Ok(call) => {
                let seen = seen::read(&call, self.clock.now());
                seen.map(Some).ok_or(SendFault::Unknown("UNREADABLE_ANSWER"))
            }
            Err(SendFault::Refused(refusal)) if refusal.code == errors::NOT_FOUND => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn find(&self, wanted: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault> {
        let TwilioSettings { account_sid, number, .. } = &self.settings;
        let from = request::from(wanted.line.as_ref(), account_sid, number.as_deref())?;
        let Some(to) = wanted.to.reveal() else { return Ok(None) };
        let mut url = self.url("Calls.json")?;
        let size = FOUND_MAX.to_string();
        url.query_pairs_mut().extend_pairs([
            ("To", to.as_str()),
            ("From", from),
            ("PageSize", &size),
        ]);
        let page = self.ask(self.http.get(url)).await?;
        let calls = page.get("calls").and_then(Value::as_array);
        let calls = calls.ok_or(SendFault::Unknown("UNREADABLE_ANSWER"))?;
        let in_time = |call: &&Value| {
            seen::made_at(call).is_some_and(|at| (wanted.from..=wanted.until).contains(&at))
        };
        // A page that is full and begins after the span may hide what is looked for.
        let oldest = calls.iter().filter_map(seen::made_at).min();
        if calls.len() >= FOUND_MAX && oldest.is_none_or(|at| at > wanted.from) {
            return Ok(None);
        }
        let named = |call: &Value| {
            let call_sid = Some(seen::text(call, "sid")?.to_owned());
            Some(ProviderIds { call_sid, el_conversation_id: None })
        };
        Ok(Some(calls.iter().filter(in_time).filter_map(named).collect()))
    }

    async fn hang_up(&self, ids: &ProviderIds) -> Result<Ended, SendFault> {
        self.change(ids, &[("Status", "completed".into())]).await
    }

    async fn transfer(
        &self,
        of: &CallRef,
        ids: &ProviderIds,
        to: Destination,
    ) -> Result<Ended, SendFault> {
        let action = self.callbacks.of(of, CallTopic::Transfer);
        let twiml = twiml::dial(&to, &action)
            .ok_or_else(|| unsent(FaultClass::Request, Remedy::Fail, "NUMBER_HIDDEN"))?;
        self.change(ids, &[("Twiml", twiml)]).await
    }

    async fn balance(&self) -> Result<Option<Funds>, SendFault> {
        let known = self.balance.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, funds)) = known.filter(|(at, _)| at.elapsed() < BALANCE_FOR) {
            return Ok(Some(funds));
        }
        let told = self.ask(self.http.get(self.url("Balance.json")?)).await?;
        let amount = seen::text(&told, "balance").and_then(millionths);
        let (Some(amount_e6), Some(currency)) = (amount, seen::text(&told, "currency")) else {
            return Err(SendFault::Unknown("UNREADABLE_ANSWER"));
        };
        let funds = Funds { amount_e6, currency: currency.to_ascii_uppercase() };
        *self.balance.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), funds.clone()));
        Ok(Some(funds))
    }
}
