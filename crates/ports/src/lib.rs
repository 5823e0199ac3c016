//! Traits to the outside world. Adapters in L3 implement them; `app` calls them; `server` plugs them together.
//!
//! To add a port: a module with one trait, its request and its events, and errors as [`PortError`].

mod adapter;
mod answer;
mod attempt;
mod cache;
mod chat;
mod embed;
mod error;
mod host;
mod isolation;
mod logprobs;
mod payment;
mod provider;
mod reasoning;
mod recall;
mod rerank;
mod sampling;
mod search;
mod standing;
mod toolbox;
mod tools;

pub use adapter::AdapterUse;
pub use answer::AnswerForm;
pub use attempt::{Attempt, AttemptEnding, Consumed, Spent, tokens};
pub use cache::{CacheUse, Guesses, TierUse};
pub use chat::{ChatEvent, ChatMessage, ChatModel, ChatRequest, ChatStream, Family, Spanned};
pub use embed::{EmbedFuture, EmbedRequest, Embedder, Embeddings};
pub use error::{PortError, PortErrorKind};
pub use host::{ModelHost, ReadyModel, Residency};
pub use isolation::Isolation;
pub use logprobs::{MOST_ALTERNATIVES, TokenLogprob};
pub use payment::{
    Callback, CallbackError, Checkout, Headers, NextStep, PaymentDriver, PaymentError, PaymentFuture,
    PaymentQuery, Receipt, Started,
};
pub use provider::{
    Asked, LastFailure, ProviderHost, ProviderTrial, Reach, SiteAccount, SiteRefusal, SiteStanding,
    StoredSite, TrialFuture,
};
pub use reasoning::{Effort, Reasoning};
pub use recall::Recall;
pub use rerank::{RerankFuture, RerankRequest, Reranker, Scores};
pub use sampling::{Dry, Penalties, Sampling, SamplingWish};
pub use search::{Search, SearchFuture, SearchHit, SearchRequest};
pub use standing::{Service, Share, Standing};
pub use toolbox::{ToolAnswer, ToolFacts, ToolFile, ToolFuture, ToolRequest, ToolSource, Toolbox};
pub use tools::{Tool, ToolCall, ToolChoice, Tools};
