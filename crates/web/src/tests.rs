//! Pages as servers of all kinds send them, over a network that exists only here.
//!
//! The walls stand as they do outside: names lead to public addresses, at which the scripts of a test answer.

mod search;

use std::collections::HashMap;
use std::io;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use catalog::DataTree;
use ports::{PortErrorKind, ToolAnswer, ToolRequest, ToolSource, Toolbox};
use serde_json::{Value, json};
use stdx::{IdMaker, MockClock, SeededRng, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::network::{Dialing, Network, Resolving, Stream};
use crate::{FetchError, WebTools};

const SITE: &str = "93.184.216.34";
const OTHER: &str = "151.101.1.69";

/// What a server does when it was asked.
#[derive(Clone, Debug)]
enum Script {
    /// Sends this and hangs up.
    Sends(Vec<u8>),
    /// Sends this over and over.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends this, and then a letter each second.
    Trickles(Vec<u8>),
    /// Says nothing.
    Silent,
}

#[derive(Debug, Default)]
struct Played {
    /// What a name leads to, the first time, the second time and so on; the last for ever.
    names: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    servers: HashMap<SocketAddr, Script>,
    dialed: Mutex<Vec<SocketAddr>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Network for Arc<Played> {
    fn resolve(&self, host: String) -> Resolving {
        let mut names = self.names.lock().unwrap();
        let found = match names.get_mut(&host) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers.first().cloned().unwrap_or_default()),
            None => Err(io::Error::other("no such name")),
        };
        Box::pin(async move { found })
    }

    fn dial(&self, to: SocketAddr) -> Dialing {
        self.dialed.lock().unwrap().push(to);
        let script = self.servers.get(&to).cloned();
        let asked = Arc::clone(&self.asked);
        Box::pin(async move {
            let script = script.ok_or_else(|| io::Error::other("nobody is there"))?;
            let (near, far) = tokio::io::duplex(64 << 10);
            tokio::spawn(serve(far, script, asked));
            let near: Box<dyn Stream> = Box::new(near);
            Ok(near)
        })
    }
}

async fn serve(mut stream: DuplexStream, script: Script, asked: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    asked.lock().unwrap().push(String::from_utf8(head).unwrap());
    match script {
        Script::Sends(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Script::Endless(head, part) => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(&part).await.is_ok() {}
        }
        Script::Trickles(head) => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Script::Silent => tokio::time::sleep(Duration::from_secs(3_600)).await,
    }
}

/// A network of some names and what the servers behind their addresses do at port 80.
fn network(names: &[(&str, &[&str])], servers: &[(&str, Script)]) -> Arc<Played> {
    let parsed = |all: &[&str]| all.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
    let names = names.iter().map(|(name, all)| ((*name).to_owned(), vec![parsed(all)])).collect();
    let servers = servers
        .iter()
        .map(|(at, script)| (SocketAddr::new(at.parse().unwrap(), 80), script.clone()))
        .collect();
    Arc::new(Played { names: Mutex::new(names), servers, ..Played::default() })
}

fn page(head: &str, body: &[u8]) -> Script {
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{head}connection: close\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    Script::Sends(bytes)
}

fn sends_on(to: &str) -> Script {
    Script::Sends(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes())
}

async fn called(network: &Arc<Played>, arguments: Value) -> Result<ToolAnswer, (PortErrorKind, String)> {
    asked(&tools(network), "web_fetch", arguments).await
}

fn tools(network: &Arc<Played>) -> WebTools {
    let network: Arc<dyn Network> = Arc::new(Arc::clone(network));
    WebTools::new(&DataTree::embedded(), network, &[]).unwrap()
}

async fn asked(
    tools: &WebTools,
    name: &str,
    arguments: Value,
) -> Result<ToolAnswer, (PortErrorKind, String)> {
    let clock = MockClock::at(Timestamp::from_micros(1));
    let ids = IdMaker::new(Arc::new(clock), Arc::new(SeededRng::new(7)));
    let request = ToolRequest {
        key: "k".to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_string(),
        workspace_id: ids.make(),
        member_id: ids.make(),
        thread_id: None,
        agent_id: "ask".to_owned(),
        locale: "zh-CN".to_owned(),
    };
    tools.call(request).await.map_err(|error| (error.kind, error.detail))
}

async fn fetched(network: &Arc<Played>, url: &str) -> Result<String, (PortErrorKind, String)> {
    called(network, json!({"url": url})).await.map(|answer| answer.text)
}

fn walled(host: &str) -> Result<String, (PortErrorKind, String)> {
    Err((PortErrorKind::Refused, FetchError::Walled { host: host.to_owned() }.to_string()))
}

#[tokio::test(start_paused = true)]
async fn a_page_is_read_and_the_question_says_nothing_of_the_member() {
    let html = "<title>Rain</title><p>It rains. <a href=/more>More</a></p>".as_bytes();
    let network = network(&[("example.org", &[SITE])], &[(SITE, page("content-type: text/html\r\n", html))]);
    let answer = called(&network, json!({"url": "http://example.org/a?b=c#d", "links": true})).await.unwrap();
    assert_eq!(
        answer.text,
        "Address: http://example.org/a?b=c\nTitle: Rain\n\nIt rains. More\nLinks:\n- More: http://example.org/more"
    );
    assert_eq!(answer.links, ["http://example.org/a?b=c"]);
    let asked = network.asked.lock().unwrap().clone();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        asked,
        [format!(
            "GET /a?b=c HTTP/1.1\r\nhost: example.org\r\nuser-agent: Hutong/{version} (fetched once, for a reader)\r\n\
             accept-encoding: gzip, deflate\r\n\
             accept: text/html, text/plain;q=0.9, application/json;q=0.8, */*;q=0.1\r\n\
             accept-language: zh-CN, zh;q=0.9, en;q=0.5\r\n\r\n"
        )]
    );
}

#[test]
fn the_tool_says_that_it_tells_and_hears_the_outside() {
    let tools = WebTools::new(&DataTree::embedded(), Arc::new(crate::Internet), &[]).unwrap().tools();
    let facts = tools.first().unwrap();
    assert_eq!((facts.source, facts.tells_outside, facts.is_keyed), (ToolSource::Outside, true, false));
}

#[tokio::test(start_paused = true)]
async fn a_name_with_one_address_of_the_inside_is_not_asked_at_all() {
    for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "0.0.0.0"]
    {
        let network = network(&[("mixed.example", &[SITE, inside])], &[(SITE, page("", b"x"))]);
        assert_eq!(fetched(&network, "http://mixed.example/").await, walled("mixed.example"), "{inside}");
        assert!(network.dialed.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_address_that_was_checked_is_the_one_that_is_asked() {
    let network = network(&[], &[(SITE, page("", b"public"))]);
    let answers = vec![vec![SITE.parse().unwrap()], vec!["127.0.0.1".parse().unwrap()]];
    network.names.lock().unwrap().insert("rebind.example".to_owned(), answers);
    let text = fetched(&network, "http://rebind.example/").await.unwrap();
    assert!(text.ends_with("public"), "{text}");
    assert_eq!(network.dialed.lock().unwrap().as_slice(), [SocketAddr::new(SITE.parse().unwrap(), 80)]);
    // The second time the name leads inside, and is refused.
    assert_eq!(fetched(&network, "http://rebind.example/").await, walled("rebind.example"));
    assert_eq!(network.dialed.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_changes_between_two_hops_is_refused_at_the_second() {
    let network = network(&[], &[(SITE, sends_on("http://rebind.example/b"))]);
    let answers = vec![vec![SITE.parse().unwrap()], vec!["169.254.169.254".parse().unwrap()]];
    network.names.lock().unwrap().insert("rebind.example".to_owned(), answers);
    assert_eq!(fetched(&network, "http://rebind.example/").await, walled("rebind.example"));
    assert_eq!(network.dialed.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn servers_send_nobody_inside() {
    for (to, host) in [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("//2130706433/", "127.0.0.1"),
        ("http://[::ffff:169.254.169.254]/", "::ffff:169.254.169.254"),
        ("http://localhost/", "localhost"),
        ("http://inside.example/", "inside.example"),
    ] {
        let names: [(&str, &[&str]); 2] = [("example.org", &[SITE]), ("inside.example", &["192.168.0.7"])];
        let network = network(&names, &[(SITE, sends_on(to))]);
        assert_eq!(fetched(&network, "http://example.org/").await, walled(host), "{to}");
        assert_eq!(network.dialed.lock().unwrap().len(), 1);
    }
    for to in [
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://user:pass@example.org/",
        "http://example.org:6379/",
    ] {
        let network = network(&[("example.org", &[SITE])], &[(SITE, sends_on(to))]);
        assert_eq!(fetched(&network, "http://example.org/").await.unwrap_err().0, PortErrorKind::Bad, "{to}");
        assert_eq!(network.dialed.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn hops_are_followed_and_counted() {
    let names: [(&str, &[&str]); 2] = [("a.example", &[SITE]), ("b.example", &[OTHER])];
    let network_of_two =
        network(&names, &[(SITE, sends_on("http://b.example/x")), (OTHER, page("", b"there"))]);
    let answer = called(&network_of_two, json!({"url": "a.example"})).await;
    // Without a scheme https is meant, and nobody answers there.
    assert_eq!(answer.unwrap_err().1, "a.example cannot be reached: nobody answers there");
    let answer = called(&network_of_two, json!({"url": "http://a.example"})).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.links.as_slice()),
        ("Address: http://b.example/x\n\nthere", ["http://b.example/x".to_owned()].as_slice())
    );
    assert!(
        network_of_two.asked.lock().unwrap().iter().all(|asked| !asked.to_lowercase().contains("referer"))
    );
    let round = network(&[("a.example", &[SITE])], &[(SITE, sends_on("/again"))]);
    assert_eq!(fetched(&round, "http://a.example").await.unwrap_err().1, FetchError::Hops(5).to_string());
    assert_eq!(round.dialed.lock().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_body_without_end_is_cut() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 52428800\r\n\r\n".to_vec();
    let script = Script::Endless(head, b"0123456789abcde\n".repeat(1_000));
    let network = network(&[("big.example", &[SITE])], &[(SITE, script)]);
    let text = fetched(&network, "http://big.example/").await.unwrap();
    assert!(
        text.ends_with("[characters 0 to 6000 of 4194303; call again with \"from\": 6000 for more]"),
        "{text}"
    );
    let far = called(&network, json!({"url": "http://big.example/", "from": 4_194_000})).await.unwrap().text;
    assert!(far.ends_with("[the page is longer than what can be fetched]"), "{far}");
    let beyond =
        called(&network, json!({"url": "http://big.example/", "from": 9_000_000})).await.unwrap_err();
    assert_eq!(beyond.1, "The page has 4194303 characters; `from` is beyond its end.");
}

#[tokio::test(start_paused = true)]
async fn what_never_ends_is_given_up() {
    let slow = Err((PortErrorKind::Down, FetchError::Slow(20).to_string()));
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\n".to_vec();
    for script in
        [Script::Silent, Script::Trickles(head), Script::Trickles(b"HTTP/1.1 200 OK\r\nx: ".to_vec())]
    {
        let network = network(&[("slow.example", &[SITE])], &[(SITE, script)]);
        assert_eq!(fetched(&network, "http://slow.example/").await, slow);
    }
}

#[tokio::test(start_paused = true)]
async fn bombs_are_unpacked_only_so_far() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..100 {
        packer.write_all(&[b'a'; 1 << 20]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 200_000);
    let network = network(&[("bomb.example", &[SITE])], &[(SITE, page("content-encoding: gzip\r\n", &bomb))]);
    let text = fetched(&network, "http://bomb.example/").await.unwrap();
    assert!(text.ends_with("[characters 0 to 6000 of 4194304; call again with \"from\": 6000 for more]"));
}

#[tokio::test(start_paused = true)]
async fn packed_pages_are_unpacked_and_damaged_ones_said() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all("<p>胡同</p>".as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let run = async |head: &str, body: &[u8]| {
        let network = network(&[("x.example", &[SITE])], &[(SITE, page(head, body))]);
        fetched(&network, "http://x.example/").await
    };
    assert_eq!(
        run("content-encoding: gzip\r\n", &packed).await.unwrap(),
        "Address: http://x.example/\n\n胡同"
    );
    for (head, body) in
        [("content-encoding: gzip\r\n", &b"not packed"[..]), ("content-encoding: br\r\n", b"x")]
    {
        assert_eq!(run(head, body).await.unwrap_err().0, PortErrorKind::Down);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_page_are_said() {
    let run = async |answer: &[u8]| {
        let network = network(&[("x.example", &[SITE])], &[(SITE, Script::Sends(answer.to_vec()))]);
        fetched(&network, "http://x.example/").await.unwrap_err()
    };
    assert_eq!(
        run(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await,
        (PortErrorKind::Refused, "x.example answered with status 404".to_owned())
    );
    assert_eq!(run(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await.0, PortErrorKind::Down);
    assert_eq!(run(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n").await.0, PortErrorKind::Refused);
    assert_eq!(
        run(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n%PDF-1.7\n").await.1,
        "the address has a PDF document, which is no text that can be read here"
    );
    assert_eq!(
        run(b"SSH-2.0-OpenSSH_9.6\r\n").await.1,
        "x.example cannot be reached: it does not answer as HTTP does"
    );
    assert_eq!(
        run(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nshort").await.1,
        "x.example cannot be reached: it broke off in the middle"
    );
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    assert_eq!(run(long.as_bytes()).await.0, PortErrorKind::Down);
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(200));
    assert_eq!(run(many.as_bytes()).await.0, PortErrorKind::Down);
}

#[tokio::test(start_paused = true)]
async fn names_and_addresses_that_lead_nowhere_are_said() {
    let network = network(&[("empty.example", &[]), ("dead.example", &[SITE])], &[]);
    let run = async |url: &str| fetched(&network, url).await.unwrap_err().1;
    assert_eq!(
        run("http://nowhere.example/").await,
        "there is no host nowhere.example: check how it is written"
    );
    assert_eq!(run("http://empty.example/").await, "there is no host empty.example: check how it is written");
    assert_eq!(run("http://dead.example/").await, "dead.example cannot be reached: nobody answers there");
    assert_eq!(run("http://192.168.0.1/").await, walled("192.168.0.1").unwrap_err().1);
    assert!(run("").await.starts_with("That is no address."));
    let wrong = called(&network, json!({"uri": "http://x.example"})).await.unwrap_err();
    assert!(wrong.1.contains("Send one JSON object: {\"url\": string"), "{}", wrong.1);
}

#[tokio::test(start_paused = true)]
async fn encryption_that_cannot_be_trusted_ends_the_talk() {
    let mut played = Played::default();
    played.names.lock().unwrap().insert("plain.example".to_owned(), vec![vec![SITE.parse().unwrap()]]);
    let at = SocketAddr::new(SITE.parse().unwrap(), 443);
    played.servers.insert(at, page("", b"secret"));
    let answer = fetched(&Arc::new(played), "https://plain.example/").await.unwrap_err();
    // The server waits for the end of a question that never comes in the clear.
    assert_eq!(answer.1, FetchError::Slow(20).to_string());
}
