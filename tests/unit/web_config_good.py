"""Web configuration files that are accepted, as exporter-toolkit accepts them."""

from typing import Final

from tests.unit.web_config_files import HASH, TLS, Case, header, user

GO_CIPHERS: Final = (
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
)
RSA_CIPHERS: Final = GO_CIPHERS[:4]
CURVES: Final = ("CurveP256", "CurveP384", "CurveP521", "X25519")
_GO_1_22: Final = "exporters built with Go 1.22 call these insecure"
GOOD: Final = (
    Case("empty", ""),
    Case("null", "null\n"),
    Case("sections without content", "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n"),
    Case("empty sections", "tls_server_config: {}\nhttp_server_config: {}\nbasic_auth_users: {}\n"),
    Case("tls", TLS),
    Case("empty file names", "tls_server_config: {cert_file: '', key_file: ''}\n"),
    Case("versions without tls", "tls_server_config: {min_version: TLS13}\n"),
    Case("min_version null", TLS + "  min_version:\n"),
    *(Case(f"min_version {word}", TLS + f"  min_version: {word}\n") for word in ("TLS10", "TLS11", "TLS12", "TLS13")),
    *(Case(f"max_version {word}", TLS + f"  max_version: {word}\n") for word in ("TLS12", "TLS13")),
    Case("old versions only", TLS + "  min_version: TLS10\n  max_version: TLS11\n"),
    *(
        Case(f"cipher {word}", TLS + f"  cipher_suites: [{word}]\n", newer=_GO_1_22 if word in RSA_CIPHERS else "")
        for word in GO_CIPHERS
    ),
    Case("all ciphers", TLS + f"  cipher_suites: [{', '.join(GO_CIPHERS)}]\n", newer=_GO_1_22),
    Case("no ciphers", TLS + "  cipher_suites: []\n"),
    Case("ciphers null", TLS + "  cipher_suites:\n"),
    *(Case(f"curve {word}", TLS + f"  curve_preferences: [{word}]\n") for word in CURVES),
    Case("all curves", TLS + f"  curve_preferences: [{', '.join(CURVES)}]\n"),
    Case("no client certificate", TLS + "  client_auth_type: NoClientCert\n"),
    Case("client certificate null", TLS + "  client_auth_type:\n"),
    Case("client certificate requested", TLS + "  client_auth_type: RequestClientCert\n"),
    Case(
        "client certificate if given", TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n"
    ),
    Case("client certificate", TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"),
    Case("client certificate of the system's authorities", TLS + "  client_auth_type: RequireAndVerifyClientCert\n"),
    *(
        Case(f"truth {word}", TLS + f"  prefer_server_cipher_suites: {word}\n")
        for word in ("true", "False", "yes", "No", "on", "OFF", "y", "n")
    ),
    Case("truth null", TLS + "  prefer_server_cipher_suites:\n"),
    Case("http2", "http_server_config: {http2: true}\n"),
    Case("no http2", "http_server_config: {http2: false}\n"),
    Case("frame options", header("X-Frame-Options", "sameorigin")),
    Case("no sniffing", header("X-Content-Type-Options", "nosniff")),
    Case("transport security", header("Strict-Transport-Security", "max-age=31536000")),
    Case("a number as header", header("X-XSS-Protection", "0")),
    Case("a header of two lines", header("Content-Security-Policy", '"default-src\\nnone"')),
    Case("a header without value", header("Strict-Transport-Security", "")),
    Case("headers null", "http_server_config: {headers: }\n"),
    Case(
        "users", f"basic_auth_users:\n  a: {HASH}\n  b: {HASH.replace('2y', '2a')}\n  c: {HASH.replace('2y', '2b')}\n"
    ),
    Case("a user of old PHP", user(HASH.replace("2y", "2x"))),
    Case("a user with a number for a name", f"basic_auth_users: {{7: {HASH}}}\n"),
    Case("the highest cost", user(HASH.replace("$04", "$31"))),
    Case("an anchor", f"basic_auth_users: &users\n  a: {HASH}\n"),
    Case("everything", TLS + "http_server_config: {http2: true, headers: {X-Frame-Options: deny}}\n" + user(HASH)),
)
