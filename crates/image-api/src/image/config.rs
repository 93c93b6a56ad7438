use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{DockerConfig, DockerImage};

/// Reads the config of an image; `None` if it is something else. As in Go, the case of member names
/// does not matter, the last of several members wins, and `null` changes nothing. One member of an
/// unexpected type makes the whole config a foreign one (image-api Q32).
pub(super) fn read(config: &[u8]) -> Option<DockerImage> {
    let text = String::from_utf8_lossy(config);
    docker_image(&serde_json::from_str(&text).ok()?).ok()
}

/// Reads what schema 1 says of a layer: the image up to it, and its own size. `None` if it is something
/// else.
pub(super) fn read_v1(compatibility: &str) -> Option<(DockerImage, i64)> {
    let members: Members<'_> = serde_json::from_str(compatibility).ok()?;
    let image = DockerImage { id: members.read("id").ok()?, ..docker_image(&members).ok()? };
    Some((image, members.read("Size").ok()?))
}

fn docker_image(config: &Members<'_>) -> serde_json::Result<DockerImage> {
    Ok(DockerImage {
        // The digest of the config takes its place.
        id: String::new(),
        parent: config.read("parent")?,
        comment: config.read("comment")?,
        created: config.read("created")?,
        container: config.read("container")?,
        container_config: config.nested("container_config")?.unwrap_or_default(),
        docker_version: config.read("docker_version")?,
        author: config.read("author")?,
        config: config.nested("config")?,
        architecture: config.read("architecture")?,
        // Counted from the manifest.
        size: 0,
    })
}

fn docker_config(config: &Members<'_>) -> serde_json::Result<DockerConfig> {
    Ok(DockerConfig {
        hostname: config.read("Hostname")?,
        domainname: config.read("Domainname")?,
        user: config.read("User")?,
        memory: config.read("Memory")?,
        memory_swap: config.read("MemorySwap")?,
        cpu_shares: config.read("CpuShares")?,
        cpuset: config.read("Cpuset")?,
        attach_stdin: config.read("AttachStdin")?,
        attach_stdout: config.read("AttachStdout")?,
        attach_stderr: config.read("AttachStderr")?,
        port_specs: config.list("PortSpecs")?,
        exposed_ports: config.read("ExposedPorts")?,
        tty: config.read("Tty")?,
        open_stdin: config.read("OpenStdin")?,
        stdin_once: config.read("StdinOnce")?,
        env: config.list("Env")?,
        cmd: config.list("Cmd")?,
        dns: config.list("Dns")?,
        image: config.read("Image")?,
        volumes: config.read("Volumes")?,
        volumes_from: config.read("VolumesFrom")?,
        working_dir: config.read("WorkingDir")?,
        entrypoint: config.list("Entrypoint")?,
        network_disabled: config.read("NetworkDisabled")?,
        security_opts: config.list("SecurityOpts")?,
        on_build: config.list("OnBuild")?,
        labels: config.map("Labels")?,
    })
}

/// The members of a JSON object in the order of the text, duplicates included.
#[derive(Default)]
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl Members<'_> {
    fn read<T: DeserializeOwned + Default>(&self, name: &str) -> serde_json::Result<T> {
        let mut value = T::default();
        for (_, raw) in self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            if let Some(read) = serde_json::from_str::<Option<T>>(raw.get())? {
                value = read;
            }
        }
        Ok(value)
    }

    fn list(&self, name: &str) -> serde_json::Result<Vec<String>> {
        let list: Vec<Option<String>> = self.read(name)?;
        Ok(list.into_iter().map(Option::unwrap_or_default).collect())
    }

    fn map(&self, name: &str) -> serde_json::Result<BTreeMap<String, String>> {
        let map: BTreeMap<String, Option<String>> = self.read(name)?;
        Ok(map.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
    }

    fn nested(&self, name: &str) -> serde_json::Result<Option<DockerConfig>> {
        let mut config = None;
        for (_, raw) in self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            if let Some(members) = serde_json::from_str::<Option<Members<'_>>>(raw.get())? {
                config = Some(docker_config(&members)?);
            }
        }
        Ok(config)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry().map_err(A::Error::custom)? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::image::KeySet;

    #[test]
    fn every_member_is_read_whatever_its_case() {
        let config = br#"{"PARENT":"p","Comment":"c","created":"1970-01-01T00:00:09.9Z","container":"k",
            "container_config":{"hostname":"h1"},"docker_version":"v","author":"a","architecture":"arm64",
            "os":"linux","rootfs":7,"size":"x","Id":5,
            "config":{"HOSTNAME":"h","domainname":"d","user":"u","memory":1,"memoryswap":2,"cpushares":3,
            "cpuset":"0","attachstdin":true,"attachstdout":true,"attachstderr":true,"portspecs":["80"],
            "exposedports":{"80/tcp":{"x":1}},"tty":true,"openstdin":true,"stdinonce":true,"env":["A=b",null],
            "cmd":["c"],"dns":["1.1.1.1"],"image":"i","volumes":{"/v":null},"volumesfrom":"f","workingdir":"/w",
            "entrypoint":["/e"],"networkdisabled":true,"securityopts":["s"],"onbuild":["o"],
            "labels":{"l":"m","n":null},"StopSignal":9,"Healthcheck":[]}}"#;
        let text = |text: &str| text.to_owned();
        assert_eq!(
            read(config),
            Some(DockerImage {
                id: String::new(),
                parent: text("p"),
                comment: text("c"),
                created: Timestamp::from_seconds(9),
                container: text("k"),
                container_config: DockerConfig { hostname: text("h1"), ..DockerConfig::default() },
                docker_version: text("v"),
                author: text("a"),
                architecture: text("arm64"),
                size: 0,
                config: Some(DockerConfig {
                    hostname: text("h"),
                    domainname: text("d"),
                    user: text("u"),
                    memory: 1,
                    memory_swap: 2,
                    cpu_shares: 3,
                    cpuset: text("0"),
                    attach_stdin: true,
                    attach_stdout: true,
                    attach_stderr: true,
                    port_specs: vec![text("80")],
                    exposed_ports: KeySet([text("80/tcp")].into()),
                    tty: true,
                    open_stdin: true,
                    stdin_once: true,
                    env: vec![text("A=b"), String::new()],
                    cmd: vec![text("c")],
                    dns: vec![text("1.1.1.1")],
                    image: text("i"),
                    volumes: KeySet([text("/v")].into()),
                    volumes_from: text("f"),
                    working_dir: text("/w"),
                    entrypoint: vec![text("/e")],
                    network_disabled: true,
                    security_opts: vec![text("s")],
                    on_build: vec![text("o")],
                    labels: [(text("l"), text("m")), (text("n"), String::new())].into(),
                }),
            })
        );
    }

    #[test]
    fn members_are_shown_in_the_order_of_docker() {
        let text = concat!(
            r#"{"Hostname":"h","Domainname":"d","User":"u","Memory":1,"MemorySwap":2,"CpuShares":3,"Cpuset":"0","#,
            r#""AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"PortSpecs":["80"],"#,
            r#""ExposedPorts":{"80/tcp":{}},"Tty":true,"OpenStdin":true,"StdinOnce":true,"Env":["A=b"],"#,
            r#""Cmd":["c"],"Dns":["1"],"Image":"i","Volumes":{"/v":{}},"VolumesFrom":"f","WorkingDir":"/w","#,
            r#""Entrypoint":["/e"],"NetworkDisabled":true,"SecurityOpts":["s"],"OnBuild":["o"],"#,
            r#""Labels":{"l":"m"}}"#
        );
        let whole = format!(
            concat!(
                r#"{{"Id":"i","Parent":"p","Comment":"c","Created":null,"Container":"k","ContainerConfig":{{}},"#,
                r#""DockerVersion":"v","Author":"a","Config":{},"Architecture":"arm64","Size":7}}"#
            ),
            text
        );
        let image: DockerImage = serde_json::from_str(&whole).unwrap();
        assert_eq!(serde_json::to_string(&image).unwrap(), whole);
    }

    #[test]
    fn the_last_member_wins_and_null_changes_nothing() {
        let image = read(br#"{"author":"a","Author":"b","AUTHOR":null,"config":{},"Config":null}"#).unwrap();
        assert_eq!(image.author, "b");
        assert_eq!(image.config, Some(DockerConfig::default()));
        assert_eq!(read(br#"{"config":null}"#).unwrap().config, None);
    }

    #[test]
    fn a_foreign_config_is_none() {
        // image-api 98a
        for foreign in [
            "",
            "{",
            "null and void",
            "[]",
            "7",
            r#""text""#,
            r#"{"architecture":7}"#,
            r#"{"created":"yesterday"}"#,
            r#"{"config":[]}"#,
            r#"{"config":{"Env":"A=b"}}"#,
            r#"{"config":{"Memory":1.5}}"#,
            r#"{"config":{"ExposedPorts":{"80/tcp":7}}}"#,
            r#"{"config":{"ExposedPorts":["80/tcp"]}}"#,
            r#"{"container_config":"x"}"#,
        ] {
            assert_eq!(read(foreign.as_bytes()), None, "{foreign}");
        }
        assert_eq!(read(b"{}"), Some(DockerImage::default()));
        assert_eq!(read(b"{\"author\":\"\xff\"}").unwrap().author, "\u{fffd}");
    }

    #[test]
    fn deep_nesting_neither_crashes_nor_counts() {
        let deep = format!(r#"{{"author":"a","x":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(deep.as_bytes()).is_none_or(|image| image.author == "a"));
    }
}
