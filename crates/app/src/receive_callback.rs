//! A gateway says something.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ports::{Callback, CallbackError, Headers, PaymentDriver, Receipt};

use crate::orders::Source;
use crate::{App, AppError};

/// Why a callback changed nothing, and what the gateway reads instead of an acknowledgement.
#[derive(Debug)]
pub enum CallbackRefusal {
    /// It is not known to come from the gateway.
    NotBelieved(Receipt),
    /// Too much that was forged came from its address; nobody looked at it, and nobody does for so long.
    NotRead(Receipt, Duration),
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

    /// Whether callbacks from an address are read at this moment. To be asked before a body is.
    ///
    /// # Errors
    /// What is to be answered instead.
    pub fn may_call_back(&self, door: &CallbackDoor, from: IpAddr) -> Result<(), CallbackRefusal> {
        match self.doors.forgeries.closed_for(from, self.clock.monotonic()) {
            Some(wait) => Err(CallbackRefusal::NotRead(door.driver.refusal(), wait)),
            None => Ok(()),
        }
    }

    /// Reads a callback and keeps what it says. Only then it is acknowledged. One that is not signed by the gateway counts
    /// against the address that it came from.
    ///
    /// # Errors
    /// What the gateway is to read instead.
    pub async fn receive_callback(
        &self,
        door: &CallbackDoor,
        from: IpAddr,
        headers: &dyn Headers,
        body: &[u8],
    ) -> Result<Receipt, CallbackRefusal> {
        let driver = &door.driver;
        let callback = Callback { headers, body, at: self.clock.now() };
        let facts = driver.read_callback(callback).map_err(|error: CallbackError| {
            tracing::warn!(gateway = driver.name(), %from, %error, "a callback was not believed");
            if matches!(error, CallbackError::Unsigned(_) | CallbackError::Forged) {
                self.doors.forgeries.count(from, self.clock.monotonic());
            }
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
