//! An address as it is asked for.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::FetchError;
use crate::walls;

/// Bytes of an address.
const MOST_BYTES: usize = 4_096;

/// A place that may be asked, as far as its address shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    url: Url,
    /// In lower case, without a dot at its end.
    host: String,
    address: Option<IpAddr>,
    port: u16,
    chosen_by: ChosenBy,
}

/// Who chose an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChosenBy {
    /// A model, or a page: the walls stand.
    Anybody,
    /// Whoever runs this server wrote it into the configuration: it may be on a network of their own.
    Operator,
}

impl Target {
    /// The address of a service that whoever runs this server chose.
    pub(crate) fn of_operator(url: Url) -> Option<Self> {
        let port = url.port_or_known_default()?;
        let (host, address) = named(&url)?;
        matches!(url.scheme(), "http" | "https").then_some(())?;
        Some(Self { url, host, address, port, chosen_by: ChosenBy::Operator })
    }

    /// Reads an address as browsers do: decimal, octal and hexadecimal numbers become the address that they mean.
    pub(crate) fn read(text: &str, ports: &[u16]) -> Result<Self, FetchError> {
        let text = text.trim();
        let wrong = |problem: &str| {
            FetchError::Address(format!("{problem} Write an address such as https://example.org/page."))
        };
        if text.len() > MOST_BYTES {
            return Err(wrong("The address is too long."));
        }
        // What has no scheme is meant for the web when it looks like a name.
        let url = match Url::parse(text) {
            Err(url::ParseError::RelativeUrlWithoutBase) => Url::parse(&format!("https://{text}")),
            parsed => parsed,
        };
        Self::of(url.map_err(|_| wrong("That is no address."))?, ports)
    }

    /// Where a server sends on to.
    pub(crate) fn next(&self, location: &str, ports: &[u16]) -> Result<Self, FetchError> {
        if location.len() > MOST_BYTES {
            return Err(FetchError::Address(
                "The server sends on to an address that is too long.".to_owned(),
            ));
        }
        let url = self.url.join(location);
        let wrong = || FetchError::Address("The server sends on to something that is no address.".to_owned());
        Self::of(url.map_err(|_| wrong())?, ports)
    }

    fn of(mut url: Url, ports: &[u16]) -> Result<Self, FetchError> {
        let wrong = |problem: &str| FetchError::Address(problem.to_owned());
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("Only addresses that begin with https:// or http:// are fetched."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("An address with a user name or a password in it is not fetched."));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let (host, address) = named(&url).ok_or_else(|| wrong("The address names no host."))?;
        let is_walled = match address {
            Some(address) => !walls::is_public(address),
            None => walls::is_inner_name(&host),
        };
        if is_walled {
            return Err(FetchError::Walled { host });
        }
        if !ports.contains(&port) {
            return Err(FetchError::Address(format!(
                "Port {port} is not asked: only the usual ports of the web are."
            )));
        }
        url.set_fragment(None);
        Ok(Self { url, host, address, port, chosen_by: ChosenBy::Anybody })
    }

    pub(crate) fn chosen_by(&self) -> ChosenBy {
        self.chosen_by
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// What the first line of the question says.
    pub(crate) fn path(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.url.path())
    }

    /// The value of the header `Host`.
    pub(crate) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn named(url: &Url) -> Option<(String, Option<IpAddr>)> {
    match url.host()? {
        Host::Domain(name) => Some((name.trim_end_matches('.').to_ascii_lowercase(), None)),
        Host::Ipv4(address) => Some((address.to_string(), Some(IpAddr::V4(address)))),
        Host::Ipv6(address) => Some((address.to_string(), Some(IpAddr::V6(address)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Target, FetchError> {
        Target::read(text, &[80, 443])
    }

    #[test]
    fn addresses_of_this_machine_are_walled_however_they_are_written() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://0/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:169.254.169.254]/latest/meta-data/",
            "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:7f00:1::]/",
            "http://100.100.100.200/",
            "http://10.0.0.1",
            "http://192.168.1.1:80/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://foo.localhost/",
            "http://metadata.google.internal/",
            "http://router/",
            "http:127.0.0.1",
            "http:\\\\127.0.0.1\\",
            "http://127。0。0。1/",
            "http://１２７.0.0.1/",
            "http://%31%32%37.0.0.1/",
            "localhost",
            "127.0.0.1",
        ] {
            assert!(matches!(read(text), Err(FetchError::Walled { .. })), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused() {
        for text in [
            "",
            "file:///etc/passwd",
            "ftp://example.org/",
            "gopher://example.org/",
            "data:text/html,x",
            "javascript:alert(1)",
            "http://",
            "http://user@example.org/",
            "http://user:pass@example.org/",
            "http://example.org@127.0.0.1/",
            "http://127.0.0.1@example.org/",
            "http://example.org:22/",
            "http://example.org:6379/",
            "http://[::1",
            "http://exa mple.org/",
            "http://256.256.256.256/",
            "localhost:8080/x",
        ] {
            assert!(matches!(read(text), Err(FetchError::Address(_))), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn addresses_of_the_web_are_read_as_browsers_do() {
        let target = read(" HTTPS://Example.ORG./a b?q=1#part ").unwrap();
        assert_eq!((target.host(), target.port(), target.is_encrypted()), ("example.org", 443, true));
        assert_eq!((target.path().as_str(), target.address()), ("/a%20b?q=1", None));
        assert_eq!(read("example.org/a").unwrap().url().as_str(), "https://example.org/a");
        assert_eq!(read("http://例子.测试/").unwrap().host(), "xn--fsqu00a.xn--0zwm56d");
        assert_eq!(read("http://1.1.1.1/").unwrap().address(), Some("1.1.1.1".parse().unwrap()));
        let next = target.next("/b", &[80, 443]).unwrap();
        assert_eq!(next.url().as_str(), "https://example.org./b");
        assert_eq!(target.next("//127.1/", &[80]), Err(FetchError::Walled { host: "127.0.0.1".to_owned() }));
    }
}
