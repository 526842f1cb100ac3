//! What a tenant does with its credits: buying packs, warnings, buying by itself. Prices are
//! those of the packs; nothing here gives credits without a payment.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::billing_order::{
    BillingOrder as Order, BillingOrderCommand, OrderOrigin,
};
use bitacora_domain::aggregates::credit_ledger::{
    self as domain, AutoTopUp, CreditLedger as Ledger, CreditLedgerCommand,
};

use super::billing_orders::BillingOrder;
use super::credit_ledgers::CreditLedger;
use crate::config::Pack;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{
    self, MutationInput, Payload, Run, Target, Unmet, UserError, mutation_types, user_error,
};

mutation_types! {
    /// Credits to buy.
    creates "createCheckout": CreateCheckoutInput {
        /// The pack, by its number of credits (`creditPacks`).
        pub pack: i64,
    } -> CreateCheckoutPayload | CreateCheckoutError {
        /// The order; its `checkoutUrl` is there in a moment. Null when it failed.
        order: BillingOrder
    }
}
mutation_types! {
    /// An order that nobody will pay.
    "cancelOrder": CancelOrderInput {
        /// The order.
        pub id: ID,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> CancelOrderPayload | CancelOrderError {
        /// The order; null when it failed.
        order: BillingOrder
    }
}
mutation_types! {
    /// When to warn.
    "setLowBalanceThreshold": SetLowBalanceThresholdInput {
        /// Once, when so many credits or fewer are available.
        pub low: i64,
        /// Not again before so many or more were available; above `low`.
        pub recovered: i64,
    } -> SetLowBalanceThresholdPayload | SetLowBalanceThresholdError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}
mutation_types! {
    /// What to buy by itself.
    "configureAutoTopUp": ConfigureAutoTopUpInput {
        /// The pack, by its number of credits; absent: nothing is bought by itself any more.
        pub pack: Option<i64>,
        /// At so many available credits or fewer; needed with a pack.
        pub at_or_below: Option<i64>,
    } -> ConfigureAutoTopUpPayload | ConfigureAutoTopUpError {
        /// The credits; null when it failed.
        ledger: CreditLedger
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct BillingMutations;

/// A number of credits that a caller gave; what is no such number, the command refuses.
pub(super) fn credits(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// What a mutation found before its command.
pub(super) type Prepared<T> = std::result::Result<T, Unmet>;

/// The pack of so many credits.
fn pack(caller: &Caller, number: i64) -> Prepared<Pack> {
    let found = caller.app.packs.find(credits(number)).cloned();
    let unknown = || user_error("UNKNOWN_PACK", "there is no such pack: see `creditPacks`");
    Ok(found.ok_or_else(unknown)?)
}

/// Gives a command to the ledger of the caller's tenant, which is opened first if need be.
pub(super) async fn on_ledger<P: Payload, I: MutationInput>(
    run: &Run<'_, I>,
    body: Prepared<CreditLedgerCommand>,
) -> Result<P> {
    let own = domain::id_of(run.caller().tenant()).as_uuid();
    let outcome = match opened(run, body.is_ok()).await? {
        Ok(()) => {
            let prepare = |_| std::future::ready(body);
            run.execute::<Ledger, _>(Target::Known(own), prepare).await?
        }
        Err(error) => Err(error),
    };
    Ok(run.payload(outcome).await)
}

/// Opens the ledger when it is `wanted` and not open.
async fn opened<I: MutationInput>(
    run: &Run<'_, I>,
    wanted: bool,
) -> Result<std::result::Result<(), UserError>, Fault> {
    let caller = run.caller();
    let own = domain::id_of(caller.tenant()).as_uuid();
    let loaded = caller.app.bus.load::<Ledger>(caller.tenant(), &own.to_string()).await;
    let open = loaded.map_err(Fault::unavailable)?.is_some_and(|(ledger, _)| ledger.is_open());
    if open || !wanted {
        return Ok(Ok(()));
    }
    run.before::<Ledger>("ledger", own, CreditLedgerCommand::OpenLedger).await
}

#[Object]
impl BillingMutations {
    /// Orders a pack of credits. They are given when, and only when, the order was paid.
    async fn create_checkout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to buy.")] input: CreateCheckoutInput,
    ) -> Result<CreateCheckoutPayload> {
        let run = Run::begin(ctx, Capability::Billing, &input)?;
        let caller = run.caller();
        let order = pack(caller, input.pack).map(|pack| BillingOrderCommand::CreateOrder {
            buyer: caller.principal.user(),
            origin: OrderOrigin::Checkout,
            credits: pack.credits,
            price_minor: pack.price_minor,
            currency: pack.currency,
            valid_days: pack.valid_days,
        });
        let outcome = match opened(&run, order.is_ok()).await? {
            Ok(()) => run.execute::<Order, _>(Target::New, |_| std::future::ready(order)).await?,
            Err(error) => Err(error),
        };
        Ok(run.payload(outcome).await)
    }

    /// Gives an order up. Its page may stay open for a while; should it be paid all the same, the
    /// payment counts.
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and why.")] input: CancelOrderInput,
    ) -> Result<CancelOrderPayload> {
        let target = Target::Existing(NodeType::BillingOrder, &input.id);
        let reason = input.reason.clone();
        let answer = mutation::answer::<Order, _, _>;
        let body = |_| BillingOrderCommand::FailOrder { reason };
        answer(ctx, Capability::Billing, &input, target, body).await
    }

    /// Says when to warn that credits are running out.
    async fn set_low_balance_threshold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When to warn.")] input: SetLowBalanceThresholdInput,
    ) -> Result<SetLowBalanceThresholdPayload> {
        let bounds = u64::try_from(input.low).ok().zip(u64::try_from(input.recovered).ok());
        let run = Run::begin(ctx, Capability::Billing, &input)?;
        let body = match bounds {
            Some((low, rearm)) => Ok(CreditLedgerCommand::SetLowBalanceThreshold { low, rearm }),
            None => Err(user_error("INVALID_THRESHOLD", "thresholds are not below 0").into()),
        };
        on_ledger(&run, body).await
    }

    /// Says what is ordered when credits are running out. The order still has to be paid.
    async fn configure_auto_top_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to buy, and when.")] input: ConfigureAutoTopUpInput,
    ) -> Result<ConfigureAutoTopUpPayload> {
        let run = Run::begin(ctx, Capability::Billing, &input)?;
        on_ledger(&run, top_up(run.caller(), &input)).await
    }
}

fn top_up(caller: &Caller, input: &ConfigureAutoTopUpInput) -> Prepared<CreditLedgerCommand> {
    let Some(wanted) = input.pack else {
        return Ok(CreditLedgerCommand::ConfigureAutoTopUp { top_up: None });
    };
    let pack = pack(caller, wanted)?;
    let at_or_below = input.at_or_below.and_then(|number| u64::try_from(number).ok());
    let Some(at_or_below) = at_or_below else {
        return Err(user_error("INVALID_TOP_UP", "say at which balance: `atOrBelow`").into());
    };
    let Pack { credits, price_minor, currency, .. } = pack;
    let top_up = Some(AutoTopUp { at_or_below, credits, price_minor, currency });
    Ok(CreditLedgerCommand::ConfigureAutoTopUp { top_up })
}
