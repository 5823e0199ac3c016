//! How a connection is kept from others on the way: the words of libpq, `sslmode` and `sslrootcert`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;

use crate::StoreError;
use crate::error::Cause;

use super::encrypted::Connector;

/// What the address asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// No TLS.
    Disable,
    /// TLS where the server has it; whose it is, nobody asks.
    #[default]
    Prefer,
    /// TLS; whose it is, nobody asks.
    Require,
    /// TLS, and the server's certificate comes from a root that is trusted.
    VerifyCa,
    /// The same, and it is for the name that the address says.
    VerifyFull,
}

/// The part of an address that is about TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) mode: Mode,
    /// Where the roots are that are trusted; absent: the system's.
    pub(super) roots: Option<PathBuf>,
}

impl Wish {
    /// Takes it out of an address: gives it, and the rest, which the driver understands.
    ///
    /// # Errors
    /// `CannotOpen`, saying which word is not known.
    pub(super) fn take(url: &str) -> Result<(Self, String), StoreError> {
        let Some((address, query)) = url.split_once('?') else {
            return Ok((Self::default(), url.to_owned()));
        };
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslmode", word)) => mode = Some(Mode::of(word)?),
                Some(("sslrootcert", path)) => {
                    let path = percent_decode_str(path).decode_utf8().map_err(cannot)?;
                    roots = (path != "system").then(|| PathBuf::from(path.into_owned()));
                }
                Some(_) | None => rest.push(pair),
            }
        }
        let mut mode = mode.unwrap_or_default();
        if roots.is_some() {
            mode = match mode {
                Mode::Disable | Mode::Prefer => {
                    return Err(cannot("sslrootcert needs sslmode=verify-full (or verify-ca, or require)"));
                }
                // As libpq has it: whoever names a root wants it looked at.
                Mode::Require => Mode::VerifyCa,
                verified @ (Mode::VerifyCa | Mode::VerifyFull) => verified,
            };
        }
        let rest = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        Ok((Self { mode, roots }, rest))
    }

    /// Makes connections as it says.
    ///
    /// # Errors
    /// `CannotOpen` when there are no roots to trust.
    pub(super) fn connector(&self) -> Result<Connector, StoreError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self.mode {
            Mode::Disable | Mode::Prefer | Mode::Require => Arc::new(AnyServer(Arc::clone(&provider))),
            Mode::VerifyCa => Arc::new(AnyName(self.trusted(&provider)?)),
            Mode::VerifyFull => self.trusted(&provider)?,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(cannot)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Connector::new(config))
    }

    fn trusted(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, StoreError> {
        let mut roots = RootCertStore::empty();
        match &self.roots {
            Some(path) => roots.add_parsable_certificates(read(path)?),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        if roots.is_empty() {
            let place =
                self.roots.as_ref().map_or("the system".to_owned(), |path| path.display().to_string());
            return Err(cannot(format!("{place} has no certificate that could be trusted (sslrootcert)")));
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
        verifier.map_err(cannot)
    }
}

impl Mode {
    fn of(word: &str) -> Result<Self, StoreError> {
        match word {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            other => Err(cannot(format!(
                "sslmode={other} is not known; it is disable, prefer, require, verify-ca or verify-full"
            ))),
        }
    }

    /// The same in the driver's words.
    pub(super) fn of_driver(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa | Self::VerifyFull => SslMode::Require,
        }
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let unreadable =
        |error: &dyn std::fmt::Display| cannot(format!("{}: {error} (sslrootcert)", path.display()));
    let text = std::fs::read(path).map_err(|error| unreadable(&error))?;
    CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|error| unreadable(&error))
}

fn cannot(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::CannotOpen(Cause::new(cause))
}

/// Takes any certificate: what is said cannot be overheard, and whoever can stand in between can say that they are the
/// server.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes a certificate of a trusted root for whatever name.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        cert: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // The name is looked at last, when everything else was found right.
        match self.0.verify_server_cert(cert, between, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_is_taken_out_of_an_address() {
        let take = |query: &str| Wish::take(&format!("postgres://lane@db.example/hutong{query}")).unwrap();
        let plain = "postgres://lane@db.example/hutong";
        assert_eq!(take(""), (Wish::default(), plain.to_owned()));
        assert_eq!(take("?sslmode=disable").0.mode, Mode::Disable);
        let (wish, rest) =
            take("?sslmode=verify-full&options=-c%20search_path%3Dx&sslrootcert=%2Fetc%2Fa%20b.pem");
        assert_eq!(wish, Wish { mode: Mode::VerifyFull, roots: Some("/etc/a b.pem".into()) });
        assert_eq!(rest, format!("{plain}?options=-c%20search_path%3Dx"));
        assert_eq!(take("?sslmode=require&sslrootcert=/r").0.mode, Mode::VerifyCa);
        let (wish, rest) = take("?sslmode=verify-full&sslrootcert=system");
        assert_eq!((wish.roots, rest.as_str()), (None, plain));
    }

    #[test]
    fn a_wish_that_cannot_be_is_refused() {
        let refused = |query: &str| match Wish::take(&format!("postgres://lane@db.example/hutong?{query}")) {
            Err(StoreError::CannotOpen(cause)) => cause.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(refused("sslmode=allow").contains("sslmode=allow"));
        assert!(refused("sslrootcert=/r").contains("sslmode=verify-full"));
        let missing = Wish { mode: Mode::VerifyFull, roots: Some("/there/is/none".into()) };
        assert!(
            matches!(missing.connector(), Err(StoreError::CannotOpen(cause)) if cause.to_string().starts_with("/there/is/none: "))
        );
    }
}
