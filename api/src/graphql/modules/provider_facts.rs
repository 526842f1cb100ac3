//! Providers' facts by hand, for integrations that have no webhook source: a message of the
//! contact, and what became of one of ours. Administrators only, since whoever may do this can
//! put words into a contact's mouth; the actor recorded is the user and not a provider.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use bitacora_domain::aggregates::conversation as domain;
use bitacora_domain::aggregates::conversation::{
    Conversation as Aggregate, ConversationCommand as Command, Media, MessageContent, Place,
};
use bitacora_domain::aggregates::tenant::{Tenant, TenantStatus};
use bitacora_domain::{MessageId, Personal, Subject};
use chrono::{DateTime, TimeDelta, Utc};

use super::conversation_commands::subject_of;
use super::conversations::Conversation;
use super::messages::DeliveryStatus;
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{self, Payload, Target, UserError, mutation_types, user_error};

/// How far a caller's clock may be ahead of ours.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Longest text or caption, in characters: what WhatsApp lets a person type, and more than other
/// channels do.
const TEXT_MAX: usize = 65_536;
/// Longest of the other texts, in characters.
const NAME_MAX: usize = 1_024;

/// A text.
#[derive(Clone, Debug, InputObject)]
pub struct InboundTextInput {
    /// The text, 1–65,536 characters.
    pub body: String,
}

/// A picture or video.
#[derive(Clone, Debug, InputObject)]
pub struct InboundMediaInput {
    /// The provider's id of the file.
    pub provider_media_id: String,
    /// Media type, such as `image/jpeg`.
    pub mime_type: String,
    /// SHA-256 of the file as the provider tells it.
    pub sha256: Option<String>,
    /// What the contact wrote below it.
    pub caption: Option<String>,
}

/// An audio or voice note.
#[derive(Clone, Debug, InputObject)]
pub struct InboundAudioInput {
    /// The provider's id of the file.
    pub provider_media_id: String,
    /// Media type, such as `audio/ogg`.
    pub mime_type: String,
    /// SHA-256 of the file as the provider tells it.
    pub sha256: Option<String>,
    /// It was recorded as a voice note.
    #[graphql(default)]
    pub voice: bool,
}

/// A file.
#[derive(Clone, Debug, InputObject)]
pub struct InboundDocumentInput {
    /// The provider's id of the file.
    pub provider_media_id: String,
    /// Media type, such as `application/pdf`.
    pub mime_type: String,
    /// SHA-256 of the file as the provider tells it.
    pub sha256: Option<String>,
    /// Name of the file.
    pub filename: Option<String>,
    /// What the contact wrote below it.
    pub caption: Option<String>,
}

/// A place on the map.
#[derive(Clone, Debug, InputObject)]
pub struct InboundLocationInput {
    /// Latitude in millionths of a degree, −90,000,000 to 90,000,000.
    pub latitude_e6: i64,
    /// Longitude in millionths of a degree, −180,000,000 to 180,000,000.
    pub longitude_e6: i64,
    /// Name of the place.
    pub name: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// A page about it.
    pub url: Option<String>,
}

/// What a contact's message says: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum InboundContentInput {
    /// A text.
    Text(InboundTextInput),
    /// A picture.
    Image(InboundMediaInput),
    /// A video.
    Video(InboundMediaInput),
    /// An audio or voice note.
    Audio(InboundAudioInput),
    /// A file.
    Document(InboundDocumentInput),
    /// A place.
    Location(InboundLocationInput),
}

mutation_types! {
    /// A message that the contact wrote.
    "receiveMessage": ReceiveMessageInput {
        /// The conversation.
        pub id: ID,
        /// The provider's id of the message, 1–512 characters. One that the conversation has
        /// already is no change.
        pub provider_message_id: String,
        /// What it says.
        pub content: InboundContentInput,
        /// The provider's id of the message that it answers.
        pub reply_to: Option<String>,
        /// It was forwarded.
        #[graphql(default)]
        pub forwarded: bool,
        /// When the contact sent it, by the provider's clock.
        pub sent_at: DateTime<Utc>,
    } -> ReceiveMessagePayload | ReceiveMessageError {
        /// The conversation with the message; null when it failed or the read side is late.
        conversation: Conversation
    }
}

/// What a message costs.
#[derive(Clone, Debug, InputObject)]
pub struct PricingInput {
    /// The provider charges for it.
    pub billable: bool,
    /// The provider's model of charging.
    pub model: Option<String>,
    /// The provider's category.
    pub category: Option<String>,
}

/// Why a message will not arrive.
#[derive(Clone, Debug, InputObject)]
pub struct ProviderFaultInput {
    /// The provider's code.
    pub code: i64,
    /// The provider's words.
    pub title: String,
}

mutation_types! {
    /// What became of a message of ours.
    "recordDeliveryStatus": RecordDeliveryStatusInput {
        /// The conversation.
        pub id: ID,
        /// The message.
        pub message_id: ID,
        /// The provider's id of the message, bound to it by the first status that carries it.
        pub provider_message_id: Option<String>,
        /// How far it got. One that is behind what is known already is no change.
        pub status: DeliveryStatus,
        /// When, by the provider's clock.
        pub at: DateTime<Utc>,
        /// What it costs.
        pub pricing: Option<PricingInput>,
        /// Why it failed.
        pub fault: Option<ProviderFaultInput>,
    } -> RecordDeliveryStatusPayload | RecordDeliveryStatusError {
        /// The conversation; null when it failed or the read side is late.
        conversation: Conversation
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct ProviderFactMutations;

#[Object]
impl ProviderFactMutations {
    /// Records a message of the contact. For integrations that have no webhook source; the actor
    /// recorded is the user. Owners and administrators only.
    async fn receive_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message where.")] input: ReceiveMessageInput,
    ) -> Result<ReceiveMessagePayload> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Integrate)?;
        let checked = match check_message(caller, &input) {
            Ok(()) => check_inbound(caller).await?,
            error @ Err(_) => error,
        };
        if let Err(error) = checked {
            return Ok(ReceiveMessagePayload::failed(error, input.client_mutation_id));
        }
        let subject = subject_of(caller, &input.id).await?;
        let body = Command::ReceiveMessage {
            provider_message_id: input.provider_message_id.clone(),
            content: content(&input.content, &subject),
            reply_to: input.reply_to.clone(),
            referral: None,
            forwarded: input.forwarded,
            sent_at: input.sent_at,
        };
        let target = Target::Existing(NodeType::Conversation, &input.id);
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, Capability::Integrate, &input, target, |_| body).await
    }

    /// Records what became of a message of ours. For integrations that have no webhook source;
    /// the actor recorded is the user. Owners and administrators only.
    async fn record_delivery_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What became of which message.")] input: RecordDeliveryStatusInput,
    ) -> Result<RecordDeliveryStatusPayload> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Integrate)?;
        if let Err(error) = check_status(caller, &input) {
            return Ok(RecordDeliveryStatusPayload::failed(error, input.client_mutation_id));
        }
        let body = Command::RecordDeliveryStatus {
            message: MessageId::new(NodeType::Message.uuid(&input.message_id)?),
            provider_message_id: input.provider_message_id.clone(),
            status: input.status.into(),
            at: input.at,
            pricing: input.pricing.clone().map(|pricing| domain::Pricing {
                billable: pricing.billable,
                model: pricing.model,
                category: pricing.category,
            }),
            fault: input
                .fault
                .clone()
                .map(|fault| domain::ProviderFault { code: fault.code, title: fault.title }),
        };
        let target = Target::Existing(NodeType::Conversation, &input.id);
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, Capability::Integrate, &input, target, |_| body).await
    }
}

impl From<DeliveryStatus> for domain::DeliveryStatus {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Pending => Self::Pending,
            DeliveryStatus::Unknown => Self::Unknown,
            DeliveryStatus::Sent => Self::Sent,
            DeliveryStatus::Delivered => Self::Delivered,
            DeliveryStatus::Read => Self::Read,
            DeliveryStatus::Played => Self::Played,
            DeliveryStatus::Failed => Self::Failed,
        }
    }
}

/// The rule of webhooks: nothing comes in for a tenant that is banned.
async fn check_inbound(caller: &Caller) -> Result<Result<(), UserError>, Fault> {
    let tenant = caller.tenant();
    let loaded = caller.app.bus.load::<Tenant>(tenant, &tenant.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let status = loaded.and_then(|(tenant, _)| tenant.status());
    if status.is_none_or(TenantStatus::accepts_inbound) {
        return Ok(Ok(()));
    }
    Ok(Err(user_error("TENANT_BANNED", "the tenant is banned: nothing comes in")))
}

/// The aggregate keeps a provider's facts whatever they carry; a person's have bounds.
fn check_message(caller: &Caller, input: &ReceiveMessageInput) -> Result<(), UserError> {
    not_ahead(caller, input.sent_at)?;
    fits(input.reply_to.as_ref(), NAME_MAX)?;
    match &input.content {
        InboundContentInput::Text(text) => {
            if text.body.trim().is_empty() {
                return Err(user_error("INVALID_TEXT", "a text is not blank"));
            }
            fits(Some(&text.body), TEXT_MAX)
        }
        InboundContentInput::Image(media) | InboundContentInput::Video(media) => {
            file(&media.provider_media_id, &media.mime_type, media.sha256.as_ref())?;
            fits(media.caption.as_ref(), TEXT_MAX)
        }
        InboundContentInput::Audio(audio) => {
            file(&audio.provider_media_id, &audio.mime_type, audio.sha256.as_ref())
        }
        InboundContentInput::Document(document) => {
            file(&document.provider_media_id, &document.mime_type, document.sha256.as_ref())?;
            fits(document.filename.as_ref(), NAME_MAX)?;
            fits(document.caption.as_ref(), TEXT_MAX)
        }
        InboundContentInput::Location(place) => {
            if place.latitude_e6.abs() > 90_000_000 || place.longitude_e6.abs() > 180_000_000 {
                return Err(user_error("INVALID_LOCATION", "there is no such place on Earth"));
            }
            [&place.name, &place.address, &place.url]
                .into_iter()
                .try_for_each(|text| fits(text.as_ref(), NAME_MAX))
        }
    }
}

fn check_status(caller: &Caller, input: &RecordDeliveryStatusInput) -> Result<(), UserError> {
    not_ahead(caller, input.at)?;
    let pricing = input.pricing.as_ref();
    fits(pricing.and_then(|pricing| pricing.model.as_ref()), NAME_MAX)?;
    fits(pricing.and_then(|pricing| pricing.category.as_ref()), NAME_MAX)?;
    fits(input.fault.as_ref().map(|fault| &fault.title), NAME_MAX)?;
    match &input.provider_message_id {
        Some(id) if id.is_empty() || id.chars().count() > 512 => {
            let message = "a provider's message id has 1 to 512 characters";
            Err(user_error("INVALID_PROVIDER_MESSAGE_ID", message))
        }
        Some(_) | None => Ok(()),
    }
}

/// Nothing was said in the future, nor before there were networks to say it over.
fn not_ahead(caller: &Caller, at: DateTime<Utc>) -> Result<(), UserError> {
    if at > DateTime::UNIX_EPOCH && at <= caller.app.clock.now() + CLOCK_TOLERANCE {
        return Ok(());
    }
    Err(user_error("INVALID_TIME", "the time is ahead of our clock, or before 1970"))
}

fn file(id: &String, mime_type: &String, sha256: Option<&String>) -> Result<(), UserError> {
    if id.is_empty() || mime_type.is_empty() {
        return Err(user_error("INVALID_MEDIA", "a file needs its id and its media type"));
    }
    [Some(id), Some(mime_type), sha256].into_iter().try_for_each(|text| fits(text, NAME_MAX))
}

fn fits(text: Option<&String>, max: usize) -> Result<(), UserError> {
    if text.is_none_or(|text| text.chars().count() <= max) {
        return Ok(());
    }
    Err(user_error("TOO_LONG", format!("a text of the message has more than {max} characters")))
}

fn content(input: &InboundContentInput, subject: &Subject) -> MessageContent {
    let personal = |text: &String| Personal::new(subject.clone(), text.clone());
    let media = |id: &String, mime: &String, sha256: &Option<String>| Media {
        provider_media_id: id.clone(),
        mime_type: mime.clone(),
        sha256: sha256.clone(),
    };
    match input {
        InboundContentInput::Text(text) => MessageContent::Text { body: personal(&text.body) },
        InboundContentInput::Image(image) => MessageContent::Image {
            media: media(&image.provider_media_id, &image.mime_type, &image.sha256),
            caption: image.caption.as_ref().map(personal),
            sticker: false,
        },
        InboundContentInput::Video(video) => MessageContent::Video {
            media: media(&video.provider_media_id, &video.mime_type, &video.sha256),
            caption: video.caption.as_ref().map(personal),
        },
        InboundContentInput::Audio(audio) => MessageContent::Audio {
            media: media(&audio.provider_media_id, &audio.mime_type, &audio.sha256),
            voice: audio.voice,
        },
        InboundContentInput::Document(document) => MessageContent::Document {
            media: media(&document.provider_media_id, &document.mime_type, &document.sha256),
            filename: document.filename.as_ref().map(personal),
            caption: document.caption.as_ref().map(personal),
        },
        InboundContentInput::Location(place) => MessageContent::Location {
            place: Personal::new(
                subject.clone(),
                Place {
                    latitude_e6: place.latitude_e6,
                    longitude_e6: place.longitude_e6,
                    name: place.name.clone(),
                    address: place.address.clone(),
                    url: place.url.clone(),
                },
            ),
        },
    }
}
