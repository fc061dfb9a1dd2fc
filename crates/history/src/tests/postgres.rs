//! The suite over a real PostgreSQL server, which is started here and stopped again.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::*;
use crate::copy;

/// A server of its own in a folder of its own, behind a socket there.
struct Server {
    programs: PathBuf,
    folder: tempfile::TempDir,
    user: Option<u32>,
    /// Where it listens to TLS, and to nothing else.
    port: Option<u16>,
}

impl Server {
    /// Starts one behind a socket, or says why none can be had.
    fn start() -> Result<Self, String> {
        let server = Self::made()?;
        server.up();
        Ok(server)
    }
    /// Starts one that others reach by TLS alone, with a certificate of an authority of its own.
    fn start_with_tls() -> Result<Self, String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let mut server = Self::made()?;
        server.port = Some(port.unwrap().port());
        let new =
            ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        let authority = ["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt"];
        let named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        let leaf = [
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            "own.key",
            "-out",
            "own.crt",
        ];
        let signed = [&named[..], &leaf, &["-CA", "ca.crt", "-CAkey", "ca.key"]].concat();
        for args in [&authority[..], &signed] {
            let done = server.openssl(&[&new[..], args].concat())?;
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        std::fs::write(server.folder.path().join("data/pg_hba.conf"), rules).unwrap();
        server.up();
        Ok(server)
    }
    fn made() -> Result<Self, String> {
        let programs = find().or_else(install).ok_or(
            "no PostgreSQL server here, and only root on Debian can install it: install `postgresql`",
        )?;
        let folder = tempfile::tempdir().unwrap();
        // A server refuses to run as root.
        let user = is_root().then(|| number(&["-u", "postgres"]).unwrap_or(65_534));
        if let Some(user) = user {
            chown(folder.path(), Some(user), Some(user)).unwrap();
        }
        let server = Self { programs, folder, user, port: None };
        let data = server.data();
        let made = server.run("initdb", &["-D", &data, "-U", "unisono", "-A", "trust", "-N"]);
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        Ok(server)
    }
    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }
    fn socket(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }
    fn run(&self, program: &str, args: &[&str]) -> Output {
        self.ask(Command::new(self.programs.join(program)), args).unwrap()
    }
    /// Debian's server brings OpenSSL with it.
    fn openssl(&self, args: &[&str]) -> Result<Output, String> {
        let done = self.ask(Command::new("openssl"), args);
        done.map_err(|error| format!("no certificates can be made: openssl: {error}"))
    }
    fn ask(&self, mut command: Command, args: &[&str]) -> std::io::Result<Output> {
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command.output()
    }
    fn control(&self, args: &[&str]) {
        // Its log goes to a file: a server keeps the pipe of whoever started it.
        let log = self.folder.path().join("log");
        let data = self.data();
        let all = [&["-D", &data, "-w", "-s", "-l", log.to_str().unwrap()], args].concat();
        let done = self.run("pg_ctl", &all);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    fn up(&self) {
        let folder = self.socket();
        let heard = self.port.map_or_else(
            || "-c listen_addresses=''".to_owned(),
            |port| {
                format!(
                    "-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on -c ssl_cert_file={folder}/own.crt -c \
                     ssl_key_file={folder}/own.key"
                )
            },
        );
        let options = format!("-c fsync=off {heard} -k {folder}");
        self.control(&["-o", &options, "start"]);
    }
    fn down(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }
    /// The URL of a new and empty database.
    fn database(&self, name: &str) -> String {
        let socket = self.socket();
        let port = self.port.unwrap_or(5_432).to_string();
        let made = self.run("createdb", &["-h", &socket, "-p", &port, "-U", "unisono", name]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://unisono@localhost/{name}?host={socket}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-s", "stop"]);
    }
}

fn number(args: &[&str]) -> Option<u32> {
    let said = Command::new("id").args(args).output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().parse().ok()
}
fn is_root() -> bool {
    number(&["-u"]) == Some(0)
}

/// The folder of the newest server that is installed as Debian does, or the one on the PATH.
fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let config = Command::new("pg_config").arg("--bindir").output().ok();
    let named = config.and_then(|said| String::from_utf8(said.stdout).ok());
    folders.extend(named.map(|path| PathBuf::from(path.trim())));
    folders.into_iter().rev().find(|folder| folder.join("initdb").is_file())
}

fn install() -> Option<PathBuf> {
    if !is_root() || !Path::new("/etc/debian_version").is_file() {
        return None;
    }
    for args in [
        &["update", "--quiet"][..],
        &["install", "--yes", "--quiet", "--no-install-recommends", "postgresql"],
    ] {
        let mut apt = Command::new("apt-get");
        let done = apt.args(args).env("DEBIAN_FRONTEND", "noninteractive").output().ok()?;
        done.status.success().then_some(())?;
    }
    find()
}

#[test]
fn postgresql_is_a_history() {
    let server = match Server::start() {
        Ok(server) => server,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let mut count = 0;
    suite::run(
        &mut |genesis| {
            count += 1;
            let url = server.database(&format!("suite{count}"));
            Box::new(SqlHistory::postgres(&url, Some(genesis)).unwrap())
        },
        suite::ALL,
    );
    let url = server.database("several");
    a_server_that_is_gone_comes_back(&server, &url);
    several_read_what_one_writes(&url);
}

#[test]
fn postgresql_is_reached_by_tls_and_must_be_who_it_says() {
    let server = match Server::start_with_tls() {
        Ok(server) => server,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    server.database("sealed");
    let url = |host: &str, rest: &str| {
        let port = server.port.unwrap();
        format!("postgres://unisono@{host}:{port}/sealed?{rest}")
    };
    let folder = server.socket();
    let trusted = format!("sslmode=verify-full&sslrootcert={folder}/ca.crt");
    let (_, blocks) = chain(&genesis(), 12, 2);
    let mut store = SqlHistory::postgres(&url("localhost", &trusted), Some(&genesis())).unwrap();
    store.append(&blocks).unwrap();
    assert_sound(&store);
    assert!(!store.location().contains(&folder), "{}", store.location());
    for (host, rest) in [
        // It listens to nobody without TLS, is no other host, and its authority is not everybody's.
        ("localhost", "sslmode=disable".to_owned()),
        ("127.0.0.1", trusted),
        ("localhost", "sslmode=verify-full".to_owned()),
    ] {
        let refused = SqlHistory::postgres(&url(host, &rest), None).err();
        let is_named = matches!(&refused, Some(HistoryError::Unavailable { .. }));
        assert!(is_named, "{host} {rest}: {refused:?}");
    }
    // Encrypted, and not asked who it is.
    let any = SqlHistory::postgres(&url("localhost", "sslmode=require"), None).unwrap();
    assert_eq!(any.tip().unwrap().height, height(12));
}

fn a_server_that_is_gone_comes_back(server: &Server, url: &str) {
    let (_, blocks) = chain(&genesis(), 20, 2);
    let mut source = MemoryHistory::new(genesis());
    source.append(&blocks).unwrap();
    let mut store = SqlHistory::postgres(url, Some(&genesis())).unwrap();
    copy(&source, &mut store, Some(height(8)), |_| ()).unwrap();
    server.down();
    let gone = refused(store.tip());
    assert!(gone.is_temporary(), "{gone:?}");
    let gone = refused(store.append(&blocks));
    assert!(gone.is_temporary(), "{gone:?}");
    server.up();
    // The same object goes on, with all that was durable, and nothing twice.
    assert_eq!(store.tip().unwrap().height, height(8));
    copy(&source, &mut store, Some(height(15)), |_| ()).unwrap();
    // Gone and back between two calls: nobody notices.
    server.down();
    server.up();
    copy(&source, &mut store, None, |_| ()).unwrap();
    assert_eq!(store.tip().unwrap().height, height(20));
    assert_sound(&store);
}

fn several_read_what_one_writes(url: &str) {
    let (_, blocks) = chain(&genesis(), 24, 2);
    let mut writer = SqlHistory::postgres(url, None).unwrap();
    let readers: Vec<_> = (0..3).map(|_| SqlHistory::postgres(url, None).unwrap()).collect();
    for part in blocks[20..].chunks(2) {
        let tip = writer.append(part).unwrap();
        assert!(readers.iter().all(|reader| reader.tip().unwrap() == tip));
    }
    let readers =
        readers.into_iter().map(|reader| std::thread::spawn(move || assert_sound(&reader)));
    readers.collect::<Vec<_>>().into_iter().for_each(|reader| reader.join().unwrap());
    let (mut one, mut other) = (writer, SqlHistory::postgres(url, None).unwrap());
    let (_, more) = chain(&genesis(), 26, 2);
    one.append(&more).unwrap();
    let pieces: Vec<_> = more[24..].iter().map(|block| ledger::Piece::of(block).unwrap()).collect();
    let stale = ledger::Tip { height: height(24), hash: more[23].header.hash(), pruned: height(0) };
    assert!(refused(other.put(&stale, &pieces)).is_temporary());
    assert_sound(&other);
}
