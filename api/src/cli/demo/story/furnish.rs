//! What the shop has before the story begins: an offer with its form, a system that takes leads,
//! and credits, bought at the played page. Made once; every later day finds it there.

use serde_json::{Value, json};

use super::{Story, has, number, text};
use crate::cli::Failure;
use crate::cli::demo::client::Mutation;
use crate::cli::demo::wire;

/// Fewer credits than this are topped up.
const ENOUGH: i64 = 5;
/// The pack that is bought.
const PACK: i64 = 50;

const CREATE: Mutation = Mutation { name: "createOffer", fields: "offer { id }" };
const MAP: Mutation = Mutation { name: "mapAd", fields: "clientMutationId" };
const PUBLISH: Mutation = Mutation { name: "publishOffer", fields: "clientMutationId" };
const CHECKOUT: Mutation = Mutation { name: "createCheckout", fields: "order { id }" };

const CREDITS: &str = "query Creditos { creditLedger { available } }";
const ORDER: &str =
    "query Orden($id: ID!) { billingOrder(id: $id) { status checkoutUrl failure } }";
const TARGETS: &str = "query Destinos { leadTargets { id enabled } }";
const CONNECT: &str = "mutation Conectar($input: ConnectLeadTargetInput!) {
  connectLeadTarget(input: $input) { leadTarget { id } errors { ... on UserError { code message } } }
}";

impl Story<'_> {
    /// Makes what is missing; whether a lead can be delivered: there is a system that takes it,
    /// and there are credits to pay for it.
    pub(super) async fn furnish(&self) -> Result<bool, Failure> {
        self.offer().await?;
        let (target, credits) = (self.target().await?, self.credits().await?);
        Ok(target && credits)
    }

    async fn offer(&self) -> Result<(), Failure> {
        let criteria = json!({
            "prices": [{ "minMinor": 8_000_000, "maxMinor": 12_000_000, "currency": "ARS" }],
            "zones": { "exact": ["palermo"], "adjacent": ["belgrano"], "cities": [] },
            "minimumFields": ["NAME", "BUDGET", "ZONE", "TIMING", "INTENT"],
        });
        let offer = json!({ "name": "Plan Visión anual", "kind": "INSURANCE",
            "charge": "PER_LEAD", "criteria": criteria });
        // Another offer under the same key was made by an earlier release: that one will do.
        let Some(made) = self.once_only(CREATE, "offer", offer).await? else { return Ok(()) };
        let id = text(&made, "/offer/id");
        let map = json!({ "id": id, "kind": "FORM", "adId": wire::FORM });
        self.once_only(MAP, "form", map).await?;
        self.once_only(PUBLISH, "publish", json!({ "id": id })).await?;
        Ok(())
    }

    async fn target(&self) -> Result<bool, Failure> {
        let client = &self.stage.client;
        let known = client.graphql(self.token, TARGETS, json!({})).await?;
        if has(&known, "/leadTargets/0") {
            return Ok(true);
        }
        let input = json!({ "kind": "WEBHOOK", "name": "CRM de la óptica", "url": "offline:crm",
            "idempotencyKey": "demo:setup:target" });
        let made = client.graphql(self.token, CONNECT, json!({ "input": input })).await?;
        Ok(has(&made, "/connectLeadTarget/leadTarget/id"))
    }

    /// Are there credits? Else a pack is ordered and paid at the page of the payment provider's
    /// offline twin; where payments are not played, the lead stays ready and waits.
    async fn credits(&self) -> Result<bool, Failure> {
        if self.available().await? >= ENOUGH {
            return Ok(true);
        }
        let ordered = self.does(CHECKOUT, "credits", json!({ "pack": PACK })).await?;
        let id = text(&ordered.unwrap_or_default(), "/order/id");
        let page = |order: &Value| has(order, "/checkoutUrl") || has(order, "/failure");
        let variables = json!({ "id": id });
        let order =
            self.once("the order has a page", ORDER, variables, "/billingOrder", page).await?;
        if !has(&order, "/checkoutUrl") {
            return Ok(false);
        }
        self.stage.client.pay(&text(&order, "/checkoutUrl")).await?;
        let enough = |ledger: &Value| number(ledger, "/available") >= ENOUGH;
        self.once("the credits are there", CREDITS, json!({}), "/creditLedger", enough).await?;
        Ok(true)
    }

    async fn available(&self) -> Result<i64, Failure> {
        let data = self.stage.client.graphql(self.token, CREDITS, json!({})).await?;
        Ok(number(&data, "/creditLedger/available"))
    }

    /// A mutation that is done once, on whatever day.
    async fn once_only(
        &self,
        mutation: Mutation,
        label: &str,
        mut input: Value,
    ) -> Result<Option<Value>, Failure> {
        if let Some(fields) = input.as_object_mut() {
            fields.insert("idempotencyKey".to_owned(), format!("demo:setup:{label}").into());
        }
        self.stage.client.mutate(self.token, mutation, &input).await
    }
}
