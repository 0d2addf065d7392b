/** For tests only: signed by itself, for the name localhost. Its key is public, so nothing may ever trust it. */
export const testCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUa7tBYIsXIJaHeWzU1Trckjalvv0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE4MDkxNloYDzIxMjYxMDMx
MTgwOTE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASvmii8ubwwjptXCXiN/fUuZaxrBUrLdIa6uPnOFdtYl8wb554x39X1
pJFX7jjVuXrig/V/yOAyLZ6C4xEL9NoIo2kwZzAdBgNVHQ4EFgQUXAutM6BQztce
g5n2r+KX+9YDmoQwHwYDVR0jBBgwFoAUXAutM6BQztceg5n2r+KX+9YDmoQwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAK+ShBMPPnxd014YBiyVla+pkeJ3n5zfcs1jcnXHqXIPAiEAgHrKiXLC
G4lO0k6U1cGFZV39/PeWLYqtJINE4/6YfIk=
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+1QbFIsnnvz+suRY
K4X6Ts769dT0pqJHUNQ9XhB1Mo+hRANCAASvmii8ubwwjptXCXiN/fUuZaxrBUrL
dIa6uPnOFdtYl8wb554x39X1pJFX7jjVuXrig/V/yOAyLZ6C4xEL9NoI
-----END PRIVATE KEY-----`,
};
