//! Who there is to be asked: models of this machine and of providers, as they stand now.

use catalog::{PerMille, ServiceClass};
use models::ModelState as Installed;
use ports::{Residency, Service, Standing};
use router::{Abilities, Breaker, Deployment, DeploymentId, Health, Latency, Need, Prefix, Room};
use wire::ModelKind;

use super::choose::Deployments;
use crate::App;
use tariff::is_local;

impl App {
    /// Everybody who can be asked to chat, whoever asks.
    pub(super) async fn deployments(&self) -> Deployments {
        let local = self.installed_to_chat().await.into_iter().map(|id| (id, None));
        let offered = self.offer.providers.remote();
        let remote = offered.offered().map(|(id, model)| (id, Some(model)));
        let all = local.chain(remote);
        all.map(|(id, model)| {
            let deployment = self.deployment(&id, model);
            (DeploymentId(id), deployment)
        })
        .collect()
    }

    fn deployment(&self, id: &str, model: Option<&str>) -> Deployment {
        let standing = self.chat.standing(id);
        let priced_as = self.tariff.priced_as(id);
        let has_failed = matches!(self.host.residency(id), Residency::Failed(_));
        let breaker = match standing.service {
            Service::Rests => Breaker::Open,
            Service::Probed => Breaker::HalfOpen,
            Service::Works if is_local(id) && has_failed => Breaker::HalfOpen,
            Service::Works => Breaker::Closed,
        };
        Deployment {
            model: model.unwrap_or(id).to_owned(),
            price_vendor: priced_as.vendor.to_owned(),
            price_model: priced_as.model.to_owned(),
            class: ServiceClass::Standard,
            abilities: self.abilities(id),
            prefix: Prefix::default(),
            health: Health { breaker, errors: errors(&standing) },
            latency: Latency {
                first_token_ms: standing.first_token_ms,
                tokens_per_second: standing.tokens_per_second,
            },
            room: Room {
                calls: standing.calls_left,
                requests: standing.requests_left,
                tokens: standing.tokens_left,
            },
        }
    }

    /// Providers know themselves what their models can do; who cannot is found out when it is looked at.
    fn abilities(&self, id: &str) -> Abilities {
        let meets = if is_local(id) {
            [Need::Tools, Need::Json, Need::Reasoning].into()
        } else {
            [Need::Tools, Need::Json, Need::Reasoning, Need::Vision].into()
        };
        Abilities { context_tokens: self.context_of(id).into(), most_output_tokens: None, meets }
    }

    /// The models of this machine that chat, and whose files are here. Asks the disk, on a thread that may block.
    async fn installed_to_chat(&self) -> Vec<String> {
        let specs: Vec<_> =
            self.catalog.iter().filter(|spec| spec.kind == ModelKind::Chat).cloned().collect();
        let installer = self.installer.clone();
        let look = move || {
            let here =
                specs.into_iter().filter(|spec| matches!(installer.state(spec), Installed::Installed(_)));
            here.map(|spec| spec.id).collect()
        };
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }
}

fn errors(standing: &Standing) -> Option<PerMille> {
    let share = standing.failed?;
    PerMille::of(share.part.into(), share.of.into())
}
