/// Placeholder until the parser stands.
package enum YAMLPlaceholder {}
