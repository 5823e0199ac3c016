//! A gateway says something.

use std::sync::Arc;

use ports::{Callback, CallbackError, Headers, PaymentDriver, Receipt};

use crate::orders::Source;
use crate::{App, AppError};

/// Why a callback changed nothing, and what the gateway reads instead of an acknowledgement.
#[derive(Debug)]
pub enum CallbackRefusal {
    /// It is not known to come from the gateway.
    NotBelieved(Receipt),
    /// It could not be kept; the gateway sends it again.
    NotKept(Receipt, AppError),
}

/// A gateway that calls back.
#[derive(Clone, Debug)]
pub struct CallbackDoor {
    driver: Arc<dyn PaymentDriver>,
}

impl App {
    /// The door of a gateway that is set up. `None`: there is no such address, and never was.
    pub fn callback_door(&self, name: &str) -> Option<CallbackDoor> {
        self.gateways.for_callback(name).map(|driver| CallbackDoor { driver: Arc::clone(driver) })
    }

    /// Reads a callback and keeps what it says. Only then it is acknowledged.
    ///
    /// # Errors
    /// What the gateway is to read instead.
    pub async fn receive_callback(
        &self,
        door: &CallbackDoor,
        headers: &dyn Headers,
        body: &[u8],
    ) -> Result<Receipt, CallbackRefusal> {
        let driver = &door.driver;
        let callback = Callback { headers, body, at: self.clock.now() };
        let facts = driver.read_callback(callback).map_err(|error: CallbackError| {
            tracing::warn!(gateway = driver.name(), %error, "a callback was not believed");
            CallbackRefusal::NotBelieved(driver.refusal())
        })?;
        match self.learn(&facts, Source::Callback).await {
            Ok(()) => Ok(driver.acknowledgement()),
            Err(error) => {
                tracing::error!(gateway = driver.name(), %error, "a callback was not kept");
                Err(CallbackRefusal::NotKept(driver.refusal(), error))
            }
        }
    }
}
