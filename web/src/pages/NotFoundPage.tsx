import { Link } from 'wouter';
import { useMessages } from '../i18n/index.tsx';
import { Empty } from '../ui/Empty.tsx';

export default function NotFoundPage() {
  const m = useMessages();
  return <Empty title={m.errors.byCode.not_found} action={<Link href="/">{m.palette.goHome}</Link>} />;
}
