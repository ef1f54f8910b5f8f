/** A definition with one of each rule that the stand-in knows. */
export const WIDGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 1, maximum: 10 },
                  shape: { type: 'string', enum: ['round', 'square'], default: 'round' },
                  label: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
                  note: { type: 'string', nullable: true },
                  since: { type: 'string', format: 'date-time' },
                  colors: {
                    type: 'array',
                    minItems: 1,
                    maxItems: 2,
                    'x-kubernetes-list-type': 'atomic',
                    items: {
                      type: 'string',
                      maxLength: 20,
                      'x-kubernetes-validations': [{ rule: "self != 'red'" }],
                    },
                  },
                  tags: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string' } },
                  home: { type: 'string', maxLength: 20 },
                },
                'x-kubernetes-validations': [
                  {
                    rule: '!has(self.colors) || self.size >= size(self.colors)',
                    messageExpression: "'size is too small for ' + self.colors[0]",
                    message: 'size is less than the number of colors',
                    fieldPath: '.size',
                  },
                  {
                    rule: 'has(self.home) == has(oldSelf.home) && (!has(self.home) || self.home == oldSelf.home)',
                    message: 'home is frozen',
                    reason: 'FieldValueForbidden',
                    fieldPath: '.home',
                  },
                ],
              },
              status: {
                type: 'object',
                default: { observedGeneration: -1 },
                properties: {
                  observedGeneration: { type: 'integer' },
                  phase: { type: 'string' },
                  conditions: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['type'],
                    items: {
                      type: 'object',
                      required: ['type'],
                      properties: { type: { type: 'string' }, status: { type: 'string' } },
                    },
                  },
                },
              },
            },
            'x-kubernetes-validations': [
              {
                rule: "!self.metadata.name.startsWith('bad') || (oldSelf.hasValue() && has(oldSelf.value().status))",
                optionalOldSelf: true,
              },
            ],
          },
        },
      },
    ],
  },
};
