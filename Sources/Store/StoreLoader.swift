/// Placeholder until the store stands.
package enum StorePlaceholder {}
