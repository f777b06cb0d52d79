//! The command line: versions, settings, health and the end of a server.

use std::{io::Write, time::Instant};

use crate::program::{Program, Said, Server};

#[test]
fn the_version_is_the_crates() {
    let said = Program::new().run(&["--version"]);
    assert_eq!(said.out, concat!("market-data-ingestion ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(said.code, Some(0));
}

#[test]
fn the_image_has_the_crates_version() {
    let dockerfile = include_str!("../../Dockerfile");
    let versions: Vec<_> = dockerfile.lines().filter_map(|line| line.strip_prefix("ARG VERSION=")).collect();
    assert_eq!(versions, [env!("CARGO_PKG_VERSION")]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let program = Program::new();
    for arguments in [
        &["sell"][..],
        &["import", "x.csv"],
        &["serve", "--listen", "somewhere"],
        &["import", "x.csv", "--provider", "b", "--symbol", "A B"],
    ] {
        assert_eq!(program.run(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn settings_come_from_the_environment_and_flags_win() {
    let program = Program::new();
    let mut command = program.command(&["serve"]);
    command.env("MARKET_DATA_DATABASE", "from-environment.sqlite");
    command.env("MARKET_DATA_LISTEN", "127.0.0.1:0");
    let server = Server::start(command);
    assert!(program.path("from-environment.sqlite").exists());

    let mut health = program.command(&["health"]);
    health.env("MARKET_DATA_LISTEN", &server.address);
    assert_eq!(Said::from(health.output().unwrap()).code, Some(0));

    let mut command = program.command(&["serve", "--database", "from-flag.sqlite", "--listen", "127.0.0.1:0"]);
    command.env("MARKET_DATA_DATABASE", "not-used.sqlite");
    command.env("MARKET_DATA_LISTEN", &server.address);
    let other = Server::start(command);
    assert_ne!(other.address, server.address);
    assert!(program.path("from-flag.sqlite").exists());
    assert!(!program.path("not-used.sqlite").exists());
}

#[test]
fn a_file_of_settings_stands_behind_variables_and_flags() {
    let program = Program::new();
    program.write("settings.toml", "database = 'from-file.sqlite'\nlisten = '127.0.0.1:0' # any\n");
    let mut command = program.command(&["serve"]);
    command.env("MARKET_DATA_CONFIG", "settings.toml");
    let server = Server::start(command);
    assert!(program.path("from-file.sqlite").exists());

    let mut command = program.command(&["serve", "--config", "settings.toml"]);
    command.env("MARKET_DATA_DATABASE", "from-environment.sqlite");
    let other = Server::start(command);
    assert_ne!(other.address, server.address);
    assert!(program.path("from-environment.sqlite").exists());

    program.write("settings.toml", "listen = '127.0.0.1:1'");
    assert_eq!(program.run(&["health", "--config", "settings.toml"]).code, Some(1));
    let flags = ["health", "--config", "settings.toml", "--listen", &other.address];
    assert_eq!(program.run(&flags).code, Some(0));
}

#[test]
fn a_wrong_file_of_settings_is_exit_code_2_and_named() {
    let program = Program::new();
    let wrong = |why: &str| {
        let said = program.run(&["health", "--config", "s.toml"]);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.starts_with(&format!("error: s.toml: {why}")), "{}", said.err);
    };
    wrong("cannot read: No such file");
    program.write("s.toml", "listen = true");
    wrong("listen is neither a text nor a whole number: expected quotes around its value");
    program.write("s.toml", "symbol = 'BTC-USDT'");
    wrong("symbol is no setting: expected one of api-key-file, database, listen, max-connections");
    program.write("s.toml", "listen = 'somewhere'");
    wrong("invalid value 'somewhere' for '--listen <ADDRESS:PORT>'");
    program.write("s.toml", "listen 8080");
    wrong("TOML parse error at line 1");
}

#[test]
fn health_is_0_while_the_server_runs_and_1_after() {
    let program = Program::new();
    let server = program.serve();
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    // As in the image, where the server listens on all addresses.
    let listen = format!("0.0.0.0:{port}");
    let said = program.run(&["health", "--listen", &listen]);
    assert_eq!(said.out, format!("127.0.0.1:{port} is healthy\n"));
    assert_eq!(said.code, Some(0));

    server.stop("TERM");
    let said = program.run(&["health", "--listen", &listen]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with(&format!("error: 127.0.0.1:{port} did not answer: ")), "{}", said.err);
    assert_eq!(program.run(&["health", "--listen", "127.0.0.1:0"]).code, Some(1));
}

#[test]
fn signals_end_the_server_in_order() {
    for signal in ["TERM", "INT"] {
        let program = Program::new();
        let server = program.serve();
        assert_eq!(server.get("/health").0, 200);
        assert_eq!(server.stop(signal), (Some(0), "stopped\n".to_owned()));
    }
}

#[test]
fn a_client_that_never_finishes_does_not_keep_the_server() {
    let program = Program::new();
    let server = program.serve();
    let mut slow = server.connect();
    slow.write_all(b"GET /health HTTP/1.1\r\nHost").unwrap();
    // An answer to a later client shows that the slow one was accepted.
    assert_eq!(server.get("/health").0, 200);
    let asked = Instant::now();
    let (code, rest) = server.stop("TERM");
    assert_eq!(code, Some(0));
    assert!(rest.ends_with("stopped\n"), "{rest}");
    assert!(asked.elapsed().as_secs() < 9, "{:?}", asked.elapsed());
}

#[test]
fn addresses_and_directories_that_cannot_be_used_are_named() {
    let program = Program::new();
    let server = program.serve();
    let said = program.run(&["serve", "--listen", &server.address]);
    assert_eq!(said.code, Some(1));
    let start = format!("error: cannot listen on {}: ", server.address);
    assert!(said.err.starts_with(&start), "{}", said.err);

    let said = program.run(&["serve", "--database", "none/candles.sqlite"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("error: cannot open none/candles.sqlite: "), "{}", said.err);
}
