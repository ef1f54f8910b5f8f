/** Requests signed by Alibaba Cloud's own SDK code, and the examples of its documentation, for the stand-in's verifier. */
export interface V3Vector {
  readonly name: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly canonicalRequest: string;
  readonly authorization: string;
}

/** A V1 request; its parameters are without the signature. */
export interface V1Vector {
  readonly name: string;
  readonly method: string;
  readonly accessKeySecret: string;
  readonly params: Readonly<Record<string, string>>;
  readonly stringToSign: string;
  readonly signature: string;
}

export const V3_VECTORS: readonly V3Vector[] = [
  {
    name: 'OFFICIAL-RunInstances',
    accessKeyId: 'YourAccessKeyId',
    accessKeySecret: 'YourAccessKeySecret',
    method: 'POST',
    params: {
      ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd',
      RegionId: 'cn-shanghai',
    },
    headers: {
      host: 'ecs.cn-shanghai.aliyuncs.com',
      'x-acs-action': 'RunInstances',
      'x-acs-version': '2014-05-26',
      'x-acs-date': '2023-10-26T10:22:32Z',
      'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai\nhost:ecs.cn-shanghai.aliyuncs.com\nx-acs-action:RunInstances\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2023-10-26T10:22:32Z\nx-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\nx-acs-version:2014-05-26\n\nhost;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  },
  {
    name: 'V3-A',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {
      ClientToken: '5f3c6a0e-0000-4000-8000-000000000001',
      SecurityPolicyName: 'policy-1',
      'TLSVersions.1': 'TLSv1.2',
      'TLSVersions.2': 'TLSv1.3',
      'Ciphers.1': 'ECDHE-RSA-AES128-GCM-SHA256',
      'Ciphers.2': 'ECDHE-RSA-AES256-GCM-SHA384',
      'Ciphers.3': 'TLS_AES_128_GCM_SHA256',
      'Tag.1.Key': 'managed by',
      'Tag.1.Value': "a*b~c'(d)!/+=&中",
    },
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'CreateSecurityPolicy',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-acs-credentials-provider': 'static_ak',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nCiphers.1=ECDHE-RSA-AES128-GCM-SHA256&Ciphers.2=ECDHE-RSA-AES256-GCM-SHA384&Ciphers.3=TLS_AES_128_GCM_SHA256&ClientToken=5f3c6a0e-0000-4000-8000-000000000001&SecurityPolicyName=policy-1&TLSVersions.1=TLSv1.2&TLSVersions.2=TLSv1.3&Tag.1.Key=managed%20by&Tag.1.Value=a%2Ab~c%27%28d%29%21%2F%2B%3D%26%E4%B8%AD\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-action:CreateSecurityPolicy\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-credentials-provider:static_ak\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=a1f3111e5e0773e63860dccef2e0778ad7ce6ddac4826c01a74008890ac4409e',
  },
  {
    name: 'V3-B',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {
      MaxResults: '100',
      NextToken: 'tok+/=',
      'SecurityPolicyIds.1': 'spy-1',
      'SecurityPolicyIds.2': 'spy-2',
      'Tag.1.Key': 'k',
      'Tag.1.Value': 'v',
    },
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'ListSecurityPolicies',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-acs-credentials-provider': 'static_sts',
      'x-acs-accesskey-id': 'testAccessKeyId',
      'x-acs-security-token': 'testSecurityToken/+=',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nMaxResults=100&NextToken=tok%2B%2F%3D&SecurityPolicyIds.1=spy-1&SecurityPolicyIds.2=spy-2&Tag.1.Key=k&Tag.1.Value=v\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-accesskey-id:testAccessKeyId\nx-acs-action:ListSecurityPolicies\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-credentials-provider:static_sts\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-security-token:testSecurityToken/+=\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature=e0e98e18f026915e73761cebf0eb49a471974e24b42b120ba8b3dd8808ec3ebb',
  },
  {
    name: 'V3-C',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {},
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'ListSystemSecurityPolicies',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-acs-credentials-provider': 'static_ak',
    },
    body: '',
    canonicalRequest:
      'POST\n/\n\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-action:ListSystemSecurityPolicies\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-credentials-provider:static_ak\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=7eba957b3d03b00e18581df33b64f93c679341ffb1d694986c23439288b97125',
  },
  {
    name: 'V3-D',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {},
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'CreateSecurityPolicy',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': '86adedb1380511514020ebfcd4f11cac1f6b8bdc0921b98b58b82ba91c64129f',
      'x-acs-credentials-provider': 'static_ak',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'SecurityPolicyName=policy-1&TLSVersions.1=TLSv1.2&Ciphers.1=ECDHE-RSA-AES128-GCM-SHA256',
    canonicalRequest:
      'POST\n/\n\ncontent-type:application/x-www-form-urlencoded\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-action:CreateSecurityPolicy\nx-acs-content-sha256:86adedb1380511514020ebfcd4f11cac1f6b8bdc0921b98b58b82ba91c64129f\nx-acs-credentials-provider:static_ak\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\ncontent-type;host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version\n86adedb1380511514020ebfcd4f11cac1f6b8bdc0921b98b58b82ba91c64129f',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=648d586107f18733cae7765d822460ba20f33a8aee57c8f6887ea10dd7ea636c',
  },
  {
    name: 'M1',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {
      SecurityPolicyName: 'policy-1',
      ClientToken: '5f3c6a0e-0000-4000-8000-000000000001',
      'TLSVersions.1': 'TLSv1.2',
      'TLSVersions.2': 'TLSv1.3',
      'Ciphers.1': 'ECDHE-ECDSA-AES128-GCM-SHA256',
      'Ciphers.2': 'ECDHE-ECDSA-AES256-GCM-SHA384',
      'Ciphers.3': 'ECDHE-ECDSA-AES128-SHA256',
      'Ciphers.4': 'ECDHE-ECDSA-AES256-SHA384',
      'Ciphers.5': 'ECDHE-RSA-AES128-GCM-SHA256',
      'Ciphers.6': 'ECDHE-RSA-AES256-GCM-SHA384',
      'Ciphers.7': 'ECDHE-RSA-AES128-SHA256',
      'Ciphers.8': 'ECDHE-RSA-AES256-SHA384',
      'Ciphers.9': 'TLS_AES_128_GCM_SHA256',
      'Ciphers.10': 'TLS_AES_256_GCM_SHA384',
      'Ciphers.11': 'TLS_CHACHA20_POLY1305_SHA256',
      'Ciphers.12': 'TLS_AES_128_CCM_SHA256',
      DryRun: 'false',
    },
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'CreateSecurityPolicy',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nCiphers.1=ECDHE-ECDSA-AES128-GCM-SHA256&Ciphers.10=TLS_AES_256_GCM_SHA384&Ciphers.11=TLS_CHACHA20_POLY1305_SHA256&Ciphers.12=TLS_AES_128_CCM_SHA256&Ciphers.2=ECDHE-ECDSA-AES256-GCM-SHA384&Ciphers.3=ECDHE-ECDSA-AES128-SHA256&Ciphers.4=ECDHE-ECDSA-AES256-SHA384&Ciphers.5=ECDHE-RSA-AES128-GCM-SHA256&Ciphers.6=ECDHE-RSA-AES256-GCM-SHA384&Ciphers.7=ECDHE-RSA-AES128-SHA256&Ciphers.8=ECDHE-RSA-AES256-SHA384&Ciphers.9=TLS_AES_128_GCM_SHA256&ClientToken=5f3c6a0e-0000-4000-8000-000000000001&DryRun=false&SecurityPolicyName=policy-1&TLSVersions.1=TLSv1.2&TLSVersions.2=TLSv1.3\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-action:CreateSecurityPolicy\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=1e7cef3d9051addc6e338bb78014f6b9265464eb76cbe295f619b83296a75b67',
  },
  {
    name: 'M2',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {
      SecurityPolicyId: 'spy-n0kn923abcd',
      ClientToken: 't-1',
    },
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'DeleteSecurityPolicy',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-acs-security-token': 'testSecurityToken/+=',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nClientToken=t-1&SecurityPolicyId=spy-n0kn923abcd\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-action:DeleteSecurityPolicy\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-security-token:testSecurityToken/+=\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature=540af56b6af1afc8885a4e8ad87446303f11d77a3f3f5b34d1b264daa615136d',
  },
  {
    name: 'M3',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {
      SecurityPolicyId: 'spy-n0kn923abcd',
      ClientToken: 't-1',
    },
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'DeleteSecurityPolicy',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-acs-security-token': 'testSecurityToken/+=',
      'x-acs-accesskey-id': 'testAccessKeyId',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nClientToken=t-1&SecurityPolicyId=spy-n0kn923abcd\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-accesskey-id:testAccessKeyId\nx-acs-action:DeleteSecurityPolicy\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-security-token:testSecurityToken/+=\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature=1682acf3496393abf94cfb0f84ece4c8b2678d33c3227fcffb9e2223fe8292a6',
  },
  {
    name: 'M4',
    accessKeyId: 'testAccessKeyId',
    accessKeySecret: 'testAccessKeySecret',
    method: 'POST',
    params: {
      ResourceType: 'securitypolicy',
      'ResourceId.1': 'spy-1',
      'Tag.1.Key': 'managed by',
      'Tag.1.Value': "a*b~c'(d)!/+=&中",
    },
    headers: {
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'TagResources',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    body: '',
    canonicalRequest:
      'POST\n/\nResourceId.1=spy-1&ResourceType=securitypolicy&Tag.1.Key=managed%20by&Tag.1.Value=a%2Ab~c%27%28d%29%21%2F%2B%3D%26%E4%B8%AD\nhost:alb.cn-hangzhou.aliyuncs.com\nx-acs-action:TagResources\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-05-20T08:00:00Z\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-06-16\n\nhost;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization:
      'ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=4572d618a071b94d15137e49a83eae8d395634a9d08a4b5991449176da830793',
  },
];

export const V1_VECTORS: readonly V1Vector[] = [
  {
    name: 'V1-A',
    method: 'POST',
    accessKeySecret: 'testAccessKeySecret',
    params: {
      Action: 'CreateSecurityPolicy',
      Format: 'json',
      Version: '2020-06-16',
      Timestamp: '2024-05-20T08:00:00Z',
      SignatureNonce: '0123456789abcdef0123456789abcdef',
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      AccessKeyId: 'testAccessKeyId',
      ClientToken: '5f3c6a0e-0000-4000-8000-000000000001',
      SecurityPolicyName: 'policy-1',
      'TLSVersions.1': 'TLSv1.2',
      'TLSVersions.2': 'TLSv1.3',
      'Ciphers.1': 'ECDHE-RSA-AES128-GCM-SHA256',
      'Ciphers.2': 'ECDHE-RSA-AES256-GCM-SHA384',
      'Ciphers.3': 'TLS_AES_128_GCM_SHA256',
      'Tag.1.Key': 'managed by',
      'Tag.1.Value': "a*b~c'(d)!/+=&中",
    },
    stringToSign:
      'POST&%2F&AccessKeyId%3DtestAccessKeyId%26Action%3DCreateSecurityPolicy%26Ciphers.1%3DECDHE-RSA-AES128-GCM-SHA256%26Ciphers.2%3DECDHE-RSA-AES256-GCM-SHA384%26Ciphers.3%3DTLS_AES_128_GCM_SHA256%26ClientToken%3D5f3c6a0e-0000-4000-8000-000000000001%26Format%3Djson%26SecurityPolicyName%3Dpolicy-1%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureVersion%3D1.0%26TLSVersions.1%3DTLSv1.2%26TLSVersions.2%3DTLSv1.3%26Tag.1.Key%3Dmanaged%2520by%26Tag.1.Value%3Da%252Ab~c%2527%2528d%2529%2521%252F%252B%253D%2526%25E4%25B8%25AD%26Timestamp%3D2024-05-20T08%253A00%253A00Z%26Version%3D2020-06-16',
    signature: '6ZLNh06jyoNx33ki7cmuBQiKfJI=',
  },
  {
    name: 'V1-B',
    method: 'POST',
    accessKeySecret: 'testAccessKeySecret',
    params: {
      Action: 'ListSecurityPolicies',
      Format: 'json',
      Version: '2020-06-16',
      Timestamp: '2024-05-20T08:00:00Z',
      SignatureNonce: '0123456789abcdef0123456789abcdef',
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      AccessKeyId: 'testAccessKeyId',
      SecurityToken: 'testSecurityToken/+=',
      MaxResults: '100',
    },
    stringToSign:
      'POST&%2F&AccessKeyId%3DtestAccessKeyId%26Action%3DListSecurityPolicies%26Format%3Djson%26MaxResults%3D100%26SecurityToken%3DtestSecurityToken%252F%252B%253D%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureVersion%3D1.0%26Timestamp%3D2024-05-20T08%253A00%253A00Z%26Version%3D2020-06-16',
    signature: 'eFu2D+nwUk9LB5HplwZJikvX7Ac=',
  },
  {
    name: 'OFFICIAL-DescribeRegions',
    method: 'GET',
    accessKeySecret: 'testsecret',
    params: {
      AccessKeyId: 'testid',
      Action: 'DescribeRegions',
      Format: 'XML',
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
      SignatureVersion: '1.0',
      Timestamp: '2016-02-23T12:46:24Z',
      Version: '2014-05-26',
    },
    stringToSign:
      'GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26',
    signature: 'OLeaidS1JvxuMvnyHOwuJ+uX5qY=',
  },
  {
    name: 'OFFICIAL-DescribeDedicatedHosts',
    method: 'GET',
    accessKeySecret: 'testsecret',
    params: {
      AccessKeyId: 'testid',
      Action: 'DescribeDedicatedHosts',
      Format: 'JSON',
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: 'edb2b34af0af9a6d14deaf7c1a5315eb',
      SignatureVersion: '1.0',
      Timestamp: '2023-03-13T08:34:30Z',
      Version: '2014-05-26',
      RegionId: 'cn-beijing',
    },
    stringToSign:
      'GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeDedicatedHosts%26Format%3DJSON%26RegionId%3Dcn-beijing%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3Dedb2b34af0af9a6d14deaf7c1a5315eb%26SignatureVersion%3D1.0%26Timestamp%3D2023-03-13T08%253A34%253A30Z%26Version%3D2014-05-26',
    signature: '9NaGiOspFP5UPcwX8Iwt2YJXXuk=',
  },
];
