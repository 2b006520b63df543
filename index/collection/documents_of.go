package collection

// Documents returns the documents of labels, in their order.
func (c *Collection) Documents(labels []int64) ([]Document, error) { return c.docs.get(labels) }
