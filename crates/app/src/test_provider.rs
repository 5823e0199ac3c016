//! Asks a provider for a word, to see that it answers, how fast, and for how much.

use std::sync::Arc;

use ports::Attempt;
use providers::ProviderTest;
use stdx::RunId;
use store::admin_acts::Done;
use store::{Batch, Durability};
use telemetry::{Asking, Call, TESTS};
use traffic::Came;
use wire::RunState;

use crate::billing::Called;
use crate::list_providers::unprovided;
use crate::{Actor, App, AppError};

impl App {
    /// Asks a provider for its models and one of them for a word, over a connection of its own. Without a model in the wish
    /// the cheapest is asked that is offered. What it costs is a few tokens, which the operator pays and the books have: once
    /// begun it goes on to its end, also when whoever began it goes away.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`, `conflict` when it is not asked, `rate_limited`. That it does not
    /// answer is no error, but what was to be found out.
    pub async fn test_provider(
        self: &Arc<Self>,
        actor: &Actor,
        id: &str,
        model: Option<String>,
    ) -> Result<ProviderTest, AppError> {
        actor.must_administer()?;
        let (app, actor, id) = (Arc::clone(self), actor.clone(), id.to_owned());
        let test = self.tasks.spawn(async move { app.test_and_book(&actor, &id, model).await });
        test.await.map_err(AppError::internal)?
    }

    async fn test_and_book(
        self: Arc<Self>,
        actor: &Actor,
        id: &str,
        model: Option<String>,
    ) -> Result<ProviderTest, AppError> {
        let mut test = self.offer.providers.test(id).map_err(unprovided)?;
        let test = match test.choose(model, self.price_lists()).await {
            None => test.over(None),
            Some(model) => {
                let model = format!("{id}/{model}");
                let run_id = self.fresh_id();
                let mut tab = self.open_trial(actor, (run_id, &model)).await?;
                let call = self.begin_test(actor, run_id, &model);
                let attempt = test.ask().await;
                let test = test.over(self.cost_of(attempt.as_ref()));
                tab.settle(called(&test, attempt, call)).await;
                test
            }
        };
        let error = test.error.as_ref().map(|error| error.code.to_string());
        let done = Done::TestProvider { model: test.model.clone(), error };
        self.db.write(Batch::new(Durability::Full).with(self.act_of(actor, id, done))).await?;
        Ok(test)
    }

    /// The same for commands on the data folder itself before there is an owner, and so without any books.
    ///
    /// # Errors
    /// As for [`App::test_provider`].
    pub async fn try_provider(&self, id: &str, model: Option<String>) -> Result<ProviderTest, AppError> {
        let mut test = self.offer.providers.test(id).map_err(unprovided)?;
        let is_chosen = test.choose(model, self.price_lists()).await.is_some();
        let attempt = if is_chosen { test.ask().await } else { None };
        Ok(test.over(self.cost_of(attempt.as_ref())))
    }

    fn cost_of(&self, attempt: Option<&Attempt>) -> Option<money::Money> {
        self.tariff.cost_of_attempt(attempt?)
    }

    fn begin_test(&self, actor: &Actor, run_id: RunId, model: &str) -> Call {
        let asking = Asking {
            workspace_id: actor.workspace_id,
            member_id: actor.member_id,
            key_id: actor.key_id(),
            face: TESTS,
            agent: None,
            model,
            parent: None,
        };
        self.noted.requests.log.begin(run_id, &asking)
    }
}

/// What is for the books, and what is noted beside them.
fn called(test: &ProviderTest, attempt: Option<Attempt>, mut call: Call) -> Called {
    let came = match &test.error {
        None => Came { state: RunState::Succeeded, finish: None, error: None },
        Some(error) => Came::failed(error.code),
    };
    let attempts: Vec<Attempt> = attempt.into_iter().collect();
    call.over(came, &attempts, test.usage);
    Called { state: came.state, usage: test.usage.unwrap_or_default(), attempts, trail: None }
}
