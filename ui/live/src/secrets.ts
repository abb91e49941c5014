// What of a target may be kept in the browser: everything but passwords.

/** The URL or connection text without what looks like a secret. Rather too much is taken out than too little. */
export function withoutSecrets(target: string): string {
  return target
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/?#]*):.*@/i, "$1@")
    .replace(/([?&;])[\w.-]*(?:passw|pwd|secret|token|credential|api-?key)[\w.-]*=[^&;#]*/gi, "$1")
    .replace(/(^|\s)[\w.-]*(?:passw|pwd|secret|token)[\w.-]*\s*=\s*(?:'[^']*'|\S+)/gi, "$1")
    .replace(/([?&;])[&;]+/g, "$1")
    .replace(/[?&;]$/, "");
}
