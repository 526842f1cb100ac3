//! Where blobs are kept.

use std::path::{Path, PathBuf};

use super::Reader;
use crate::config::settings as s;
use crate::config::{BlobPlace, Blobs, Bucket, Secret};

impl Reader<'_> {
    pub(super) fn blobs(&mut self, state_dir: &Path) -> Blobs {
        Blobs {
            place: self.blob_place(state_dir),
            content_bytes: self.number(s::BLOB_MAX_BYTES, 1_048_576..=5_368_709_120, 104_857_600),
            tenant_bytes: self.number(
                s::BLOB_TENANT_BYTES,
                1_048_576..=1_125_899_906_842_624,
                53_687_091_200,
            ),
        }
    }

    fn blob_place(&mut self, state_dir: &Path) -> BlobPlace {
        let Some(text) = self.text(s::BLOBS) else {
            return BlobPlace::Directory(state_dir.join("blobs"));
        };
        if let Some(bucket) = text.strip_prefix("s3://") {
            return self.bucket(bucket);
        }
        if !text.starts_with('/') {
            self.fault(
                s::BLOBS,
                format!("{text:?} is neither s3://bucket/prefix nor /a/directory"),
            );
        }
        BlobPlace::Directory(PathBuf::from(text))
    }

    fn bucket(&mut self, text: &str) -> BlobPlace {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        let label = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(label) {
            self.fault(s::BLOBS, format!("{bucket:?} is not the name of a bucket"));
        }
        let prefix = prefix.trim_matches('/');
        if !prefix.bytes().all(|byte| label(byte) || byte == b'/') || prefix.contains("//") {
            self.fault(s::BLOBS, format!("{prefix:?} is not a prefix: letters, digits and -._/"));
        }
        let endpoint = self.text(s::BLOB_S3_ENDPOINT);
        BlobPlace::Bucket(Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: endpoint.map(|url| self.checked_url(s::BLOB_S3_ENDPOINT, url)),
            region: self.text(s::BLOB_S3_REGION).unwrap_or_else(|| "us-east-1".to_owned()),
            access_key: self.needed_with_bucket(s::BLOB_S3_ACCESS_KEY),
            secret_key: self.needed_with_bucket(s::BLOB_S3_SECRET_KEY),
        })
    }

    fn needed_with_bucket(&mut self, name: &'static str) -> Secret {
        let found = self.secret(name, super::is_token);
        found.unwrap_or_else(|| {
            self.fault(name, "it is needed with BITACORA_BLOBS=s3://…");
            Secret::new("")
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::config::{BlobPlace, Config, Overrides};

    fn read(vars: &[(&str, &str)]) -> Result<BlobPlace, Vec<&'static str>> {
        let find = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let config = Config::from_lookup(&find, &Overrides::default());
        match config {
            Ok(config) => Ok(config.blobs.place),
            Err(faults) => Err(faults.0.into_iter().map(|fault| fault.name).collect()),
        }
    }

    #[test]
    fn blobs_are_in_the_state_directory_or_where_they_are_told_to_be() {
        let BlobPlace::Directory(path) = read(&[]).unwrap() else { panic!("no directory") };
        assert!(path.ends_with(".bitacora/blobs"));
        let BlobPlace::Directory(path) = read(&[("BITACORA_BLOBS", "/srv/blobs")]).unwrap() else {
            panic!("no directory")
        };
        assert_eq!(path.to_str(), Some("/srv/blobs"));
        assert_eq!(read(&[("BITACORA_BLOBS", "blobs")]).unwrap_err(), ["BITACORA_BLOBS"]);
    }

    #[test]
    fn a_bucket_needs_its_keys_and_says_so() {
        let keys = [("BITACORA_S3_ACCESS_KEY", "AKIA0"), ("BITACORA_S3_SECRET_KEY", "s3cr3t")];
        let with = |name, value| {
            [keys.as_slice(), &[("BITACORA_BLOBS", "s3://bita-cora/a/b/"), (name, value)]].concat()
        };
        let BlobPlace::Bucket(bucket) =
            read(&with("BITACORA_S3_ENDPOINT", "http://127.0.0.1:9000")).unwrap()
        else {
            panic!("no bucket")
        };
        assert_eq!((bucket.bucket.as_str(), bucket.prefix.as_str()), ("bita-cora", "a/b"));
        assert_eq!(bucket.region, "us-east-1");
        assert!(!format!("{bucket:?}").contains("s3cr3t"));
        let faults = read(&[("BITACORA_BLOBS", "s3://bita-cora")]).unwrap_err();
        assert_eq!(faults, ["BITACORA_S3_ACCESS_KEY", "BITACORA_S3_SECRET_KEY"]);
        let faults = read(&with("BITACORA_S3_ENDPOINT", "http://minio:9000")).unwrap_err();
        assert_eq!(faults, ["BITACORA_S3_ENDPOINT"]);
        let wrong = [keys.as_slice(), &[("BITACORA_BLOBS", "s3://a b/../c")]].concat();
        assert_eq!(read(&wrong).unwrap_err()[0], "BITACORA_BLOBS");
    }
}
